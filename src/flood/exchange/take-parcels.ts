/** What becomes of files that have come from a neighbour: each kind is proven where it stands and goes where it belongs. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileChunks, withFile } from '../../durable/file-source.ts';
import { about, FerrymanError } from '../../errors.ts';
import { storeInInbox } from '../../inbox/inbox.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import { verify } from '../../verify/verify.ts';
import type { Want } from '../decide/wants.ts';
import { isSpoiled } from '../../enrol/roster-shelf.ts';
import { proveAck } from '../pool/ack-shelf.ts';
import { quarantine, type Quarantine } from '../pool/quarantine.ts';
import type { ArchiveIntake, ArchiveTaker } from '../pool/taker.ts';
import type { Relay } from '../relay.ts';
import type { FloodSurroundings } from '../surroundings.ts';
import { offeredPath } from './batches.ts';

export interface Receiving {
  readonly surroundings: FloodSurroundings;
  readonly relay: Relay;
  readonly taker: ArchiveTaker;
  readonly quarantine: Quarantine;
  /** Updates that were handed to the inbox: not asked for again by this process. */
  readonly handed: Set<string>;
}

/** What has come from a neighbour. */
export interface Staged {
  readonly folder: string;
  /** GUID. */
  readonly peer: string;
  readonly intake: ArchiveIntake;
}

/**
 * Takes what has come of a batch.
 *
 * @param staged folder of staging, GUID of who sent it, and what takes archives in
 * @returns how many parcels are news here
 * @throws FerrymanError of this node itself: a full disk, no trusted keys. What is wrong with a parcel is told and kept apart
 */
export async function takeParcels(
  receiving: Receiving,
  wants: readonly Want[],
  { folder, peer, intake }: Staged,
): Promise<number> {
  const arrived = wants.filter((want) => isFile(join(folder, offeredPath(want))));
  let taken = 0;
  for (const want of arrived) {
    if (want.kind === 'log') continue;
    const path = join(folder, offeredPath(want));
    try {
      if (await takeOne(receiving, want, path)) taken += 1;
    } catch (error) {
      if (!(error instanceof FerrymanError) || !isSpoiled(error)) throw error;
      tellWrong(receiving, { path, offered: offeredPath(want), peer }, error);
    }
  }
  const archives = arrived.flatMap((want) =>
    want.kind === 'log' ? [{ path: join(folder, offeredPath(want)), archive: want.archive }] : [],
  );
  if (archives.length === 0) return taken;
  return taken + (await intake.take(archives, receiving.relay.refused, peer));
}

function tellWrong(
  { quarantine: apart, surroundings }: Receiving,
  { path, offered, peer }: { path: string; offered: string; peer: string },
  error: FerrymanError,
): void {
  const text = `${about(offered, error).message} [${error.code}]`;
  surroundings.tell({ level: 'warning', subject: `flood: neighbour ${peer}`, text });
  quarantine(apart, { path, offered, name: offered, peer }, error);
}

async function takeOne(
  receiving: Receiving,
  want: Exclude<Want, { kind: 'log' }>,
  path: string,
): Promise<boolean> {
  if (want.kind === 'roster') return receiving.relay.takeRoster(readFileSync(path));
  if (want.kind === 'ack') return takeAck(receiving, want, path);
  await takeUpdate(receiving, want.digest, path);
  return true;
}

async function takeAck(
  { relay, surroundings }: Receiving,
  { proxy, shard }: { readonly proxy: string; readonly shard: number },
  path: string,
): Promise<boolean> {
  const bytes = readFileSync(path);
  const ack = await proveAck(bytes, surroundings.beliefs.nodeTrust);
  if (ack.proxy === proxy && ack.shard === shard) return relay.takeAck(ack, bytes);
  throw new FerrymanError(
    'pool.misnamed',
    `expected shard ${shard} of proxy ${proxy}, found shard ${ack.shard} of ${ack.proxy}`,
  );
}

/** An update goes where all go: what is not the office's dies here, before it is in anybody's way. */
async function takeUpdate({ surroundings, handed }: Receiving, digest: string, path: string): Promise<void> {
  const { layout, beliefs } = surroundings;
  await withFile(path, 'refuse', (fd) =>
    storeInInbox(layout.inbox, 'flood', fileChunks(fd), ({ hashed }) => {
      if (hashed?.digest !== digest)
        throw new FerrymanError(
          'pool.misnamed',
          `expected digest ${digest.slice(0, 16)}, found ${hashed?.digest.slice(0, 16) ?? 'no parcel'}`,
        );
      verify({ digest, blocks: parseComment(hashed.framing.comment) }, beliefs.trust);
    }),
  );
  handed.add(digest);
}

/** A link, or anything else that a neighbour may have made of it, is not looked at. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
