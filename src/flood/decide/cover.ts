/**
 * What was ever acknowledged, by stream: the union of all acknowledgements seen, kept apart from them. Pure.
 *
 * It only grows, whatever the order in which acknowledgements come and however often: merging is commutative, associative and
 * idempotent. What it covers is neither wanted nor accepted again. Spec: docs/format.md §15.
 */
import { streamKey, type ArchiveName, type Stream } from './archive.ts';
import { contains, nothing, subtract, union, type SequenceSet } from '../../parcel/sequence-sets.ts';

/** What an acknowledgement says of one stream. */
export interface AckedStream extends Stream {
  /** What the proxy holds, durably. */
  readonly held: SequenceSet;
  /** What is lost for good, by the origin's word. */
  readonly voids: SequenceSet;
}

export class Cover {
  readonly #byStream: Map<string, SequenceSet>;

  /** @param entries as `entries()` gives them */
  constructor(entries: Iterable<readonly [key: string, covered: SequenceSet]> = []) {
    this.#byStream = new Map(entries);
  }

  /** Keys and what is covered there; for keeping it on the disk. */
  entries(): IterableIterator<[key: string, covered: SequenceSet]> {
    return this.#byStream.entries();
  }

  /** Takes in what an acknowledgement says. @returns the streams of which more is covered than before */
  addAck(origins: readonly AckedStream[]): AckedStream[] {
    return origins.filter((acked) => this.#add(streamKey(acked), union(acked.held, acked.voids)));
  }

  #add(key: string, more: SequenceSet): boolean {
    const before = this.#byStream.get(key) ?? nothing;
    const after = union(before, more);
    if (after === before) return false;
    this.#byStream.set(key, after);
    return true;
  }

  /** What is covered of a stream. */
  of(stream: Stream): SequenceSet {
    return this.#byStream.get(streamKey(stream)) ?? nothing;
  }

  has(archive: ArchiveName): boolean {
    return contains(this.of(archive), archive.sequence);
  }

  /** What of these sequences is not covered. */
  without(stream: Stream, sequences: SequenceSet): SequenceSet {
    return subtract(sequences, this.of(stream));
  }

  /**
   * Forgets streams that the office has closed: nothing of them is accepted for as long as the roster says so, whatever is covered.
   * @param closed keys, `<origin>/<incarnation>`, of those that `mayForget` lets go
   */
  forget(closed: ReadonlySet<string>): void {
    for (const key of closed) this.#byStream.delete(key);
  }
}

/** How long things can stay out of sight, seconds. */
export interface Lives {
  /** That an archive is carried about by nodes that are on, and do not know that its stream is closed. */
  readonly archive: number;
  /** Longest that a node may be off and come back without being enrolled anew. */
  readonly dormancy: number;
  /** By how much clocks may differ over that time. */
  readonly slack: number;
}

/** How long things stay out of sight in a fleet, at most. */
export const usualLives: Lives = {
  archive: 60 * 86_400,
  dormancy: 400 * 86_400,
  slack: 30 * 86_400,
};

/**
 * Whether what is covered of a closed stream can be forgotten: only when no archive of it can be left anywhere. Forgotten earlier, a
 * straggler would bring archives back that were delivered long ago.
 */
export function mayForget(secondsClosed: number, { archive, dormancy, slack }: Lives): boolean {
  return secondsClosed > archive + dormancy + slack;
}

/** What is refused, whoever offers it. */
export interface Refused {
  readonly cover: Cover;
  /** Keys of streams that the roster names closed. */
  readonly closed: ReadonlySet<string>;
  /** GUIDs of nodes whose enrolment is revoked. */
  readonly revoked: ReadonlySet<string>;
  /** Names of archives, `<origin>/<incarnation>/<sequence>`, that were set aside and are not tried again. */
  readonly quarantined: ReadonlySet<string>;
}

/** Why an archive must not be taken in; `undefined`: nothing stands against it. */
export function whyRefused(archive: ArchiveName, refused: Refused): string | undefined {
  if (refused.cover.has(archive)) return 'a proxy holds it';
  const key = streamKey(archive);
  if (refused.closed.has(key)) return 'the office has closed this incarnation';
  if (refused.revoked.has(archive.origin)) return 'its origin is revoked';
  if (refused.quarantined.has(`${key}/${archive.sequence}`)) return 'it was set aside before';
  return undefined;
}
