/** Who takes archives in: the pool of a relay, or the store of a proxy. */
import type { Archive, Stream, StreamHoldings } from '../decide/archive.ts';
import type { Refused } from '../decide/cover.ts';
import type { StagedArchive } from './take-archives.ts';

export interface ArchiveTaker {
  /** What is here of a stream. */
  of(stream: Stream): Pick<StreamHoldings, 'short' | 'long'> | undefined;
  /** Begins with what one neighbour has; several may be at it. @param bytes that the neighbour has in all */
  begin(bytes: number): Promise<ArchiveIntake>;
  /** Bytes that would be taken of others. */
  readonly free: number;
  /** Removes what there is no room for any more: the disk got fuller, or less was allowed. */
  tidy(): Promise<void>;
}

/** One list of wants, from admission to what has come of it. */
export interface ArchiveIntake {
  /** Takes room for an archive that may be fetched; `false`: there is none. */
  admit(archive: Archive): boolean;
  /**
   * Takes what has come, whatever is wrong with some of it.
   *
   * @param peer GUID of who brought it
   * @returns how many are here now that were not
   */
  take(staged: readonly StagedArchive[], refused: Refused, peer: string): Promise<number>;
  /** Gives back the room for what has not come. Call it in any case. */
  end(): void;
}
