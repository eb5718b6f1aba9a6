/**
 * Writes the acknowledgements of shards in which something has changed. The number is used up durably before the file appears, and the
 * file is durable before the index says that nothing is left to be told: cut anywhere, the next one says at least as much under a
 * higher number. Spec: docs/format.md §15.
 */
import { join } from 'node:path';
import { makeFolder, writeDurably } from '../durable/write-file.ts';
import type { AckedOrigin } from '../parcel/acknowledgement.ts';
import { maxAckBytes, maxAckOrigins, maxHeldRanges } from '../parcel/limits.ts';
import { packAck } from '../parcel/pack.ts';
import { subtract } from '../parcel/sequence-sets.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { fitItems } from './acknowledgement-room.ts';
import { writeEpoch, type StoreEpoch } from './epoch.ts';
import type { ProxyIndex } from './index/proxy-index.ts';
import type { ProxyPlaces } from './places.ts';
import type { ProxySigner } from './proxy-signer.ts';
import { asDiskFull } from './store-files.ts';

/** Bytes of an acknowledgement that are not for origins: the rest of its manifest, zip, signature and enrolment. */
const roomAround = 8 * 1024;

export interface Acknowledging {
  readonly places: ProxyPlaces;
  readonly index: ProxyIndex;
  readonly signer: ProxySigner;
  /** Incarnations that the office has closed are not acknowledged any more. */
  readonly isClosed: (origin: string, incarnation: string) => boolean;
  readonly nowMs: number;
}

/** An acknowledgement that neighbours may have from here on. */
export interface WrittenAck {
  readonly path: string;
  readonly shard: number;
  readonly number: number;
  readonly origins: number;
}

/**
 * @param epoch not suspended
 * @param shards those to be written
 * @throws FerrymanError `proxy.disk-full`; a number that was used up without a file does no harm
 */
export function acknowledge(
  working: Acknowledging,
  epoch: StoreEpoch,
  shards: readonly number[],
): WrittenAck[] {
  const { places, index, signer, nowMs } = working;
  if (shards.length === 0) return [];
  let { number } = epoch;
  try {
    writeEpoch(places, { ...epoch, number: number + shards.length });
    makeFolder(places.acks, 0o750);
    return shards.map((shard): WrittenAck => {
      number += 1;
      const origins = originsOf(working, shard);
      const path = join(places.acks, `${signer.guid}.${shard}.zip`);
      const created = formatTimestamp(nowMs);
      const ack = { proxy: signer.guid, epoch: epoch.epoch, number, shard, created, origins };
      writeDurably(path, packAck(ack, signer), { mode: 0o444, existing: 'replace' });
      index.transaction(() => index.shards.setWritten(shard));
      return { path, shard, number, origins: origins.length };
    });
  } catch (error) {
    throw asDiskFull(places.acks, error);
  }
}

/** What is said of each incarnation of a shard, sorted as the format wants it. */
function originsOf({ index, isClosed }: Acknowledging, shard: number): AckedOrigin[] {
  const { coverage, shards } = index;
  const open = shards.members(shard).filter((one) => !isClosed(one.origin, one.incarnation));
  // Of too many those heard of last: what was said of the others stands for ever.
  const items = open
    .slice(0, maxAckOrigins)
    .map(({ of, origin, incarnation }) => {
      const held = coverage.held.all(of);
      return { of, origin, incarnation, held, voids: subtract(coverage.voids.all(of), held) };
    })
    .filter(({ held, voids }) => held.length + voids.length > 0);
  const fitting = fitItems(items, maxAckBytes - roomAround, maxHeldRanges);
  return index.transaction(() =>
    fitting
      .map(({ of, ...item }) => ({
        ...item,
        digest: coverage.chain(of, item.held.at(-1)?.last ?? 0),
      }))
      .toSorted((a, b) => compare(a.origin, b.origin) || compare(a.incarnation, b.incarnation)),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
