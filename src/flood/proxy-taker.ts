/** Takes archives into the store of a proxy. What is acknowledged is not asked for again; what came since then is remembered here. */
import type { FerrymanError } from '../errors.ts';
import type { Proxy } from '../proxy/proxy.ts';
import { streamKey, type Stream, type StreamHoldings } from './decide/archive.ts';
import { nothing, one, union } from '../parcel/sequence-sets.ts';
import type { Refused } from './decide/cover.ts';
import { whyRefused } from './decide/cover.ts';
import { archivePath, archiveLabel } from './pool/archive-name.ts';
import { freeBytesOf } from './pool/relay-taker.ts';
import { quarantine, type Quarantine } from './pool/quarantine.ts';
import type { StagedArchive } from './pool/take-archives.ts';
import type { ArchiveTaker } from './pool/taker.ts';

/** Left on the disk, whatever comes: the index and what is unpacked need room too. */
const reserveBytes = 512 * 1024 * 1024;

type Held = Pick<StreamHoldings, 'short' | 'long'>;

export class ProxyTaker implements ArchiveTaker {
  readonly #proxy: Proxy;
  readonly #folder: string;
  readonly #quarantine: Quarantine;
  readonly #told: (problem: FerrymanError) => void;
  /** After a restart what is stored and not acknowledged yet may come once more, and is known then. */
  readonly #held = new Map<string, Held>();
  #admitted = 0;

  /** @param folder on the disk of the store @param told why an archive that came is not to be read, or was lost */
  constructor(proxy: Proxy, folder: string, apart: Quarantine, told: (problem: FerrymanError) => void) {
    this.#proxy = proxy;
    this.#folder = folder;
    this.#quarantine = apart;
    this.#told = told;
  }

  of(stream: Stream): Held | undefined {
    return this.#held.get(streamKey(stream));
  }

  get free(): number {
    return Math.max(0, freeBytesOf(this.#folder) - reserveBytes);
  }

  prepare(): Promise<void> {
    this.#admitted = 0;
    return Promise.resolve();
  }

  admit({ bytes }: { readonly bytes: number }): boolean {
    if (this.#admitted + bytes > this.free) return false;
    this.#admitted += bytes;
    return true;
  }

  async take(staged: readonly StagedArchive[], refused: Refused, peer: string): Promise<number> {
    const wanted = staged.filter(({ archive }) => whyRefused(archive, refused) === undefined);
    const byPath = new Map(wanted.map(({ path, archive }) => [path, archive]));
    let stored = 0;
    await this.#proxy.takeIn(
      [...byPath.keys()],
      { how: 'flood', links: 'refuse' },
      ({ taken, unreadable }) => {
        for (const { error } of unreadable) if (error) this.#told(error);
        for (const { path, outcome, name, error, digest } of taken) {
          const archive = byPath.get(path);
          if (!archive) continue;
          const label = archiveLabel(archive);
          if (outcome === 'stored') stored += 1;
          // Under whatever name it was offered: what it is by its own word is what is held.
          if (name === label && (outcome === 'stored' || outcome === 'known')) this.#hold(archive);
          if (!error) continue;
          const suspect = {
            path,
            offered: `logs/${archivePath(archive)}`,
            name: label,
            peer,
            ...(digest === undefined ? {} : { digest }),
          };
          quarantine(this.#quarantine, suspect, error, outcome === 'fork' ? 'fork' : 'quarantined');
        }
      },
    );
    return stored;
  }

  #hold(archive: StagedArchive['archive']): void {
    const key = streamKey(archive);
    const before = this.#held.get(key) ?? { short: nothing, long: nothing };
    const after = union(before[archive.class], one(archive.sequence));
    this.#held.set(key, { ...before, [archive.class]: after });
  }
}
