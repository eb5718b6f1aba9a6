/** Who takes archives in: the pool of a relay, or the store of a proxy. */
import type { Archive, Stream, StreamHoldings } from '../decide/archive.ts';
import type { Refused } from '../decide/cover.ts';
import type { StagedArchive } from './take-archives.ts';

export interface ArchiveTaker {
  /** What is here of a stream. */
  of(stream: Stream): Pick<StreamHoldings, 'short' | 'long'> | undefined;
  /** Called before archives are asked for with {@link admit}. @param bytes that the neighbour has in all */
  prepare(bytes: number): Promise<void>;
  /** Takes room for an archive that may be fetched; `false`: there is none. */
  admit(archive: Archive): boolean;
  /**
   * Takes what has come, whatever is wrong with some of it.
   *
   * @param peer GUID of who brought it
   * @returns how many are here now that were not
   */
  take(staged: readonly StagedArchive[], refused: Refused, peer: string): Promise<number>;
  /** Bytes that would be taken of others. */
  readonly free: number;
}
