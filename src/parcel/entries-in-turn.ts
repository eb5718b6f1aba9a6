/**
 * Reads the contents of entries one after another. What is large and deflated is begun before its turn comes: other cores
 * inflate while this one hashes and writes what came before.
 */
import { FerrymanError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { ZipEntry } from './canonical-zip.ts';
import { beginInflating, copyPieces, isSmall, readWhole, type Inflating } from './entry-contents.ts';
import { ForwardReader } from './forward-reader.ts';

/** Entries that are begun at a time: one is taken while the next is inflated, which keeps two cores at work, and little is held. */
const maxBegun = 2;

/** Call {@link close} in any case. */
export class EntriesInTurn {
  readonly #source: ByteSource;
  readonly #reader: ForwardReader;
  readonly #entries: readonly ZipEntry[];
  readonly #begun: Inflating[] = [];
  #turn = 0;
  /** The first entry that was not looked at to begin it. */
  #ahead = 0;

  constructor(source: ByteSource, entries: readonly ZipEntry[]) {
    this.#source = source;
    this.#reader = new ForwardReader(source);
    this.#entries = entries;
  }

  /**
   * Passes the contents of the next entry on; checked when it returns. A piece is valid until `take` returns.
   *
   * @throws FerrymanError `zip.not-canonical`, `zip.damaged`
   */
  async next(take: (piece: Buffer) => void): Promise<void> {
    const entry = this.#entries[this.#turn];
    if (!entry) throw new FerrymanError('internal.bug', 'expected another entry, found none');
    this.#beginAhead();
    this.#turn += 1;
    if (isSmall(entry)) take(readWhole(this.#reader, entry));
    else if (entry.method === 0) copyPieces(this.#reader, entry, take);
    else await this.#passInflated(take);
  }

  /** Leaves nothing running. */
  async close(): Promise<void> {
    await Promise.all(this.#begun.map((one) => one.close()));
  }

  async #passInflated(take: (piece: Buffer) => void): Promise<void> {
    const [inflated] = this.#begun;
    await inflated?.passOn(take);
    await inflated?.close();
    this.#begun.shift();
  }

  #beginAhead(): void {
    for (; this.#ahead < this.#entries.length && this.#begun.length < maxBegun; this.#ahead++) {
      const entry = this.#entries[this.#ahead];
      if (entry && isInflatedAhead(entry)) this.#begun.push(beginInflating(this.#source, entry));
    }
  }
}

function isInflatedAhead(entry: ZipEntry): boolean {
  return entry.method === 8 && !isSmall(entry);
}
