/** What the decisions know of archives, parcels and nodes: plain facts. Spec: docs/format.md §14, §16. */
import type { LogClass } from '../../parcel/log-archive.ts';
import type { SequenceSet } from '../../parcel/sequence-sets.ts';

/** The archives of one origin since its image was made: sequences are dense from 1 in it. */
export interface Stream {
  /** GUID. */
  readonly origin: string;
  /** 16 hex digits. */
  readonly incarnation: string;
}

export interface ArchiveName extends Stream {
  readonly sequence: number;
}

export interface Archive extends ArchiveName {
  readonly class: LogClass;
  readonly bytes: number;
}

/** What a node holds of a stream, as its summary says. */
export interface StreamHoldings extends Stream {
  readonly short: SequenceSet;
  readonly long: SequenceSet;
  /** Of all these archives together. */
  readonly bytes: number;
}

/** `<origin>/<incarnation>`: the folder, and the key of maps. */
export function streamKey({ origin, incarnation }: Stream): string {
  return `${origin}/${incarnation}`;
}
