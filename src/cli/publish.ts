import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bytesInWords } from '../command-line/bytes.ts';
import { labelled, lineWidth } from '../command-line/columns.ts';
import { flag, text, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import { copyDurably } from '../durable/copy-file.ts';
import { withFile } from '../durable/file-source.ts';
import { makeFolder, partPath, sweepParts } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import {
  folderRoad,
  publishRoads,
  type Handed,
  type Parcel,
  type PublishRoad,
  type Road,
} from '../fleet/publish/hand-out.ts';
import { publish, type Published, type Publishing } from '../fleet/publish/publish.ts';
import { receiveFile } from '../inbox/inbox.ts';
import { loadConfig } from '../node/config.ts';
import { updateFile, type Layout } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { printable } from '../parcel/printable.ts';
import { openHashed } from '../store/verified-file.ts';
import { lookAtUpdate, type LookedUpdate } from '../usb/office/look-at-parcel.ts';
import { atFleetOrNew, type FleetDesk } from './fleet-desk.ts';
import { json, layoutOf } from './options.ts';

/** @returns 0: all roads have it; 1: one has failed, and the same command tries it again */
export async function run(input: Input, io: Io): Promise<number> {
  const [path = ''] = input.args;
  const names = roadsOf(text(input, 'by') ?? '');
  const layout = layoutOf(input, io);
  const trust = loadTrust(layout, loadConfig(layout).trust.threshold);
  const { update, published } = await withCopy(path, layout, async (copy) => {
    const looked = await lookAtUpdate(copy, 'refuse', trust);
    const wish = { path: copy, update: looked, names, byWhom: whoIs(io) };
    const done = await atFleetOrNew(input, io, (desk) => publish(desk.store, publishingOf(wish, desk)));
    return { update: looked, published: done };
  });
  if (flag(input, 'json')) json(io, publishedJson(update, published));
  else io.out(publishedText(update, published, lineWidth(io)));
  return published.roads.some(({ failed }) => failed) ? 1 : 0;
}

/** What is verified is what is handed out, whatever becomes of the file meanwhile: both are a copy of our own. */
async function withCopy<Result>(
  path: string,
  { state }: Layout,
  use: (copy: string) => Promise<Result>,
): Promise<Result> {
  const folder = join(state, 'outgoing');
  makeFolder(folder, 0o755);
  sweepParts(folder);
  const copy = partPath(join(folder, 'publish'));
  try {
    await withFile(path, 'follow', (fd) => copyDurably(fd, copy, 0o600));
    return await use(copy);
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError(
      'publish.disk-full',
      `${folder}: expected room for the update, found the disk full`,
      {
        cause: error,
      },
    );
  } finally {
    rmSync(copy, { force: true });
  }
}

/** @throws FerrymanError `usage.invalid` */
function roadsOf(typed: string): PublishRoad[] {
  const names = typed.split(',');
  for (const name of names)
    if (!(publishRoads as readonly string[]).includes(name))
      throw usageError(`--by: expected some of ${publishRoads.join(',')}, found "${printable(name)}"`);
  return publishRoads.filter((road) => names.includes(road));
}

interface Wish {
  readonly path: string;
  readonly update: LookedUpdate;
  readonly names: readonly PublishRoad[];
  readonly byWhom: string;
}

function publishingOf({ path, update, names, byWhom }: Wish, { layout }: FleetDesk): Publishing {
  const { manifest, digest, fileHash, signers, bytes } = update;
  const folders = loadConfig(layout).publish;
  const make: Readonly<Record<PublishRoad, () => Road>> = {
    backhaul: () => folderRoad('backhaul', folders.backhaul, lookAt),
    usb: () => folderRoad('usb', folders.usb, lookAt),
    flood: () => ({
      name: 'flood',
      look: () => Promise.resolve(),
      hand: (parcel) => intoInbox(parcel, layout),
    }),
  };
  return {
    parcel: { path, sequence: manifest.sequence, digest, fileHash },
    manifest,
    signers,
    bytes,
    roads: names.map((name) => make[name]()),
    byWhom,
    nowMs: Date.now,
  };
}

/** What stands under a name of ours; proves nothing, and needs not. */
async function lookAt(path: string): Promise<{ digest: string; fileHash: string }> {
  const file = await openHashed(path, 'refuse');
  file.close();
  return { digest: file.digest, fileHash: file.fileHash };
}

/** This node verifies it again, relays it to neighbours, and runs it where it is for this node too. */
async function intoInbox({ path, digest }: Parcel, layout: Layout): Promise<Handed> {
  const stored = updateFile(layout, digest);
  if (existsSync(stored)) return { outcome: `is in the relay store already: ${stored}`, isNew: false };
  await receiveFile(layout.inbox, 'flood', path, 'refuse');
  return { outcome: 'handed to the inbox of this node, which relays it while ferryman runs', isNew: true };
}

function whoIs({ env }: Io): string {
  const name = [env['SUDO_USER'], env['USER'], env['LOGNAME']].find((one) => one !== undefined && one !== '');
  return printable((name ?? 'root').slice(0, 64));
}

function publishedText(
  { manifest, digest, bytes, signers }: LookedUpdate,
  done: Published,
  columns: number,
): string {
  const { sequence, title, recipients } = manifest;
  return [
    `update ${sequence} "${printable(title)}", ${bytesInWords(bytes)}, digest ${digest.slice(0, 16)}`,
    ...labelled('  signed by  ', signers.join(', '), columns),
    ...labelled(
      '  for        ',
      `${recipients.join(', ')}; ${counted(done.nodes, 'node')} that is known`.replace(
        /nodes that is/,
        'nodes that are',
      ),
      columns,
    ),
    ...done.roads.flatMap(({ road, outcome }) =>
      labelled(`  ${road.padEnd(11)}`, printable(outcome), columns),
    ),
    ...done.rivalsByNodes.flatMap((rival) =>
      labelled('! ', `a node tells of other contents under this number: ${rival.slice(0, 16)}`, columns),
    ),
    done.roads.some(({ failed }) => failed)
      ? 'NOT ALL ROADS HAVE IT: the same command tries again'
      : `ferryman fleet update ${sequence} shows its progress`,
    '',
  ].join('\n');
}

function publishedJson({ manifest, digest, bytes, signers }: LookedUpdate, done: Published): object {
  return {
    schema: 'ferryman.publish/1',
    sequence: manifest.sequence,
    title: manifest.title,
    digest,
    bytes,
    signers,
    recipients: manifest.recipients,
    ...done,
  };
}
