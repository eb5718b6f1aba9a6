/** What is fetched together: of one kind, so that what is wanted most comes first, and bounded. Pure. */
import * as limits from '../../parcel/limits.ts';
import type { Want } from '../decide/wants.ts';
import { ackFileName } from '../pool/ack-shelf.ts';
import { archivePath } from '../pool/archive-name.ts';
import type { Batch } from './rsync.ts';

/** A batch, and what its files are. */
export interface WantedBatch extends Batch {
  readonly wants: readonly Want[];
}

/** Archives that are fetched before they are proven and take their places: a contact may end at any moment. */
const batchBytes = 64 * 1024 * 1024;
const batchFiles = 1000;

/** Path of a parcel in an offer. Spec: docs/format.md §16 */
export function offeredPath(want: Want): string {
  if (want.kind === 'roster') return 'roster.zip';
  if (want.kind === 'ack') return `acks/${ackFileName(want)}`;
  return want.kind === 'update' ? `updates/${want.digest}.zip` : `logs/${archivePath(want.archive)}`;
}

/** @param wants in their order. @param maxBytes that the contact may still bring */
export function makeBatches(wants: readonly Want[], maxBytes: number): WantedBatch[] {
  const of = (...kinds: Want['kind'][]): Want[] => wants.filter(({ kind }) => kinds.includes(kind));
  const logs = (archiveClass: 'short' | 'long'): Want[] =>
    wants.filter((want) => want.kind === 'log' && want.archive.class === archiveClass);
  const small = Math.min(maxBytes, 64 * 1024 * 1024);
  return [
    ...oneBatch(of('roster', 'ack'), limits.maxAckBytes, small),
    ...of('update').flatMap((want) => oneBatch([want], limits.maxParcelBytes, maxBytes)),
    ...cut(logs('short')).flatMap((some) => oneBatch(some, limits.maxShortLogBytes, maxBytes)),
    ...cut(logs('long')).flatMap((some) => oneBatch(some, limits.maxLogBytes, maxBytes)),
  ];
}

function oneBatch(wants: readonly Want[], maxFileBytes: number, maxBytes: number): WantedBatch[] {
  if (wants.length === 0) return [];
  const most = Math.min(maxBytes, wants.length * maxFileBytes);
  return [{ wants, wanted: wants.map(offeredPath), maxFileBytes, maxBytes: most }];
}

function cut(wants: readonly Want[]): Want[][] {
  const batches: Want[][] = [];
  let bytes = Infinity;
  for (const want of wants) {
    const size = want.kind === 'log' ? want.archive.bytes : 0;
    const last = batches.at(-1);
    if (last && last.length < batchFiles && bytes + size <= batchBytes) {
      last.push(want);
      bytes += size;
    } else {
      batches.push([want]);
      bytes = size;
    }
  }
  return batches;
}
