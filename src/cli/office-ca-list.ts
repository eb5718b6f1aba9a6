import { lineWidth, table } from '../command-line/columns.ts';
import { flag, text, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { painter, type Paint } from '../command-line/paint.ts';
import { registered, type Registered } from '../enrol/office-ca.ts';
import { openRoster, type Roster } from '../parcel/roster.ts';
import { contains } from '../parcel/sequence-sets.ts';
import { openHashed, withVerified } from '../store/verified-file.ts';
import { json } from './options.ts';
import { trustOf } from './usb-options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [folder = ''] = input.args;
  const roster = await rosterOf(input);
  const all = registered(folder);
  if (flag(input, 'json')) json(io, listJson(folder, all, roster));
  else io.out(listText(folder, all, roster, { columns: lineWidth(io), paint: painter(io) }));
  return 0;
}

/** Without keys its signatures are not checked: in the office it comes from the desk beside. */
async function rosterOf(input: Input): Promise<Roster | undefined> {
  const file = text(input, 'roster');
  const trust = trustOf(input);
  if (file === undefined) return undefined;
  if (trust)
    return withVerified(file, 'follow', trust, ({ source, framing }) =>
      openRoster(source, framing.eocdOffset),
    );
  const opened = await openHashed(file, 'follow');
  try {
    return await openRoster(opened.source, opened.framing.eocdOffset);
  } finally {
    opened.close();
  }
}

function isRevoked({ serial }: Registered, roster: Roster | undefined): roster is Roster {
  return roster !== undefined && contains(roster.revoked, serial);
}

function listJson(folder: string, all: readonly Registered[], roster: Roster | undefined): object {
  return {
    schema: 'ferryman.office-ca-list/1',
    folder,
    roster: roster?.number ?? null,
    serials: all.map((one) => ({
      serial: one.serial,
      node: one.node,
      role: one.role,
      created: one.created,
      identity: one.identity,
      revokedBy: isRevoked(one, roster) ? roster.number : null,
    })),
  };
}

function listText(
  folder: string,
  all: readonly Registered[],
  roster: Roster | undefined,
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
  if (all.length === 0) return `${folder}: no serial was given yet\n`;
  const heading = ['SERIAL', 'NODE', 'ROLE', 'CREATED', ...(roster ? ['REVOKED'] : [])];
  const cells = all.map((one) => [
    String(one.serial),
    one.node === '' ? 'cannot be read: taken all the same' : one.node,
    one.role,
    one.created.slice(0, 10),
    ...(roster ? [isRevoked(one, roster) ? `by roster ${roster.number}` : ''] : []),
  ]);
  const [first = '', ...rows] = table([heading, ...cells], columns, new Set([0]));
  const gone = all.filter((one) => isRevoked(one, roster)).length;
  const nodes = new Set(all.map(({ node }) => node)).size;
  const sum = `${counted(all.length, 'serial')} of ${counted(nodes, 'node')}`;
  return [
    paint('faint', first),
    ...all.map((one, index) =>
      isRevoked(one, roster) ? paint('bad', rows[index] ?? '') : (rows[index] ?? ''),
    ),
    roster ? `${sum}, ${gone} revoked by roster ${roster.number} of ${roster.created.slice(0, 10)}` : sum,
    '',
  ].join('\n');
}
