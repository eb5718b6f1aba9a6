import { createReadStream, lstatSync } from 'node:fs';
import { bytesInWords } from '../command-line/bytes.ts';
import { cut, lineWidth, width, wrap } from '../command-line/columns.ts';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { howToEnrol, isEnrolled } from '../enrol/is-enrolled.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { parseArchivePath } from '../flood/pool/archive-name.ts';
import { noteInWords, why, type Why } from '../flood/why.ts';
import { listInbox } from '../inbox/inbox.ts';
import { loadConfig } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import { ParcelHasher } from '../parcel/framing.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const [parcel = ''] = input.args;
  const { node } = loadConfig(layout);
  const found =
    withLedger(layout, (ledger) => why(parcel, { layout, node, ledger })) ??
    (await waitingInInbox(parcel, layout));
  if (!found)
    throw new FerrymanError(
      'flood.not-here',
      `${parcel}: expected a parcel that is or was here, found nothing`,
    );
  if (flag(input, 'json')) json(io, { schema: 'ferryman.why/1', ...found });
  else io.out(inText(found, lineWidth(io)));
  return 0;
}

/** What has come, or was published, and was not looked at yet. @param prefix 8 or more digits of a digest */
async function waitingInInbox(prefix: string, layout: Layout): Promise<Why | undefined> {
  if (!/^[0-9a-f]{8,128}$/.test(prefix)) return undefined;
  for (const { path, channel } of listInbox(layout.inbox)) {
    const digest = await digestOf(path);
    if (digest?.startsWith(prefix) !== true) continue;
    const reasons = [
      `it waits in the inbox, by ${channel}: ferryman looks at it while it runs`,
      ...(isEnrolled(layout)
        ? []
        : [`this node is not enrolled, so no neighbour fetches it from here: ${howToEnrol}`]),
    ];
    const bytes = lstatSync(path, { throwIfNoEntry: false })?.size ?? null;
    return { parcel: digest, path, bytes, reasons, notes: [] };
  }
  return undefined;
}

/** @returns `undefined`: it is no parcel, or has been taken in meanwhile */
async function digestOf(path: string): Promise<string | undefined> {
  const hasher = new ParcelHasher();
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hasher.update(chunk);
    return hasher.finish().digest;
  } catch (error) {
    if (error instanceof FerrymanError || isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function inText({ parcel, path, bytes, reasons, notes }: Why, columns: number): string {
  const older = notes.map(noteInWords).filter((line) => !reasons.includes(line));
  return [
    cut(parcel, columns),
    ...(path === null ? ['  not here'] : pathLines(path, bytes, columns)),
    ...reasons.flatMap((reason) => wrap(`  ${reason}`, columns, '    ')),
    ...older.flatMap((line) => wrap(`  ${line}`, columns, '    ')),
    '',
  ].join('\n');
}

/** A name is not broken, so that it can be copied; one that no line holds is told whole in a pipe. */
function pathLines(path: string, bytes: number | null, columns: number): string[] {
  const size = bytes === null ? '' : `, ${bytesInWords(bytes)}`;
  if (width(`  ${path}${size}`) <= columns) return [`  ${path}${size}`];
  const pool = /^(.*\/)([^/]+\/[^/]+\/[^/]+)$/.exec(path);
  const [, folder = '', rest = ''] =
    pool && parseArchivePath(pool[2] ?? '') ? pool : (/^(.*\/)([^/]+)$/.exec(path) ?? []);
  return [`  ${folder}`, cut(`    ${rest}`, columns), ...(size === '' ? [] : [`  ${size.slice(2)}`])];
}
