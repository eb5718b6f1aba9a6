/** Takes archives into the store of a proxy. What is acknowledged is not asked for again; what came since then is remembered here. */
import type { FerrymanError } from '../errors.ts';
import type { Proxy } from '../proxy/proxy.ts';
import { streamKey, type ArchiveName, type Stream, type StreamHoldings } from './decide/archive.ts';
import { nothing, one, subtract, union } from '../parcel/sequence-sets.ts';
import type { Refused } from './decide/cover.ts';
import { whyRefused } from './decide/cover.ts';
import { archivePath, archiveLabel } from './pool/archive-name.ts';
import { freeBytesOf } from './pool/free-bytes.ts';
import { quarantine, type Quarantine } from './pool/quarantine.ts';
import type { StagedArchive } from './pool/take-archives.ts';
import type { ArchiveIntake, ArchiveTaker } from './pool/taker.ts';

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
  /** Bytes of all that may come, by all intakes together. */
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

  /** What is here is acknowledged, or will be: nothing goes. */
  tidy(): Promise<void> {
    return Promise.resolve();
  }

  begin(): Promise<ArchiveIntake> {
    let admitted = 0;
    const give = (bytes: number): void => {
      admitted += bytes;
      this.#admitted += bytes;
    };
    return Promise.resolve({
      admit: ({ bytes }) => {
        if (this.#admitted + bytes > this.free) return false;
        give(bytes);
        return true;
      },
      take: (staged, refused, peer) => this.#take(staged, refused, peer),
      end: () => give(-admitted),
    });
  }

  async #take(staged: readonly StagedArchive[], refused: Refused, peer: string): Promise<number> {
    const wanted = staged.filter(({ archive }) => whyRefused(archive, refused) === undefined);
    const byPath = new Map(wanted.map(({ path, archive }) => [path, archive]));
    let stored = 0;
    await this.#proxy.takeIn(
      [...byPath.keys()],
      { how: 'flood', links: 'refuse' },
      ({ taken, unreadable }) => {
        for (const { error } of unreadable) if (error) this.#told(error);
        const lost = unreadable.flatMap(({ archive, error }) =>
          error?.code === 'proxy.store-damaged' ? [archive] : [],
        );
        for (const { path, outcome, name, error, digest } of taken) {
          const archive = byPath.get(path);
          if (!archive) continue;
          const label = archiveLabel(archive);
          if (outcome === 'stored' && !lost.some((other) => archiveLabel(other) === label)) stored += 1;
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
        // Not in the store any more, whenever they came: another copy is to be fetched.
        for (const archive of lost) this.#lose(archive);
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

  #lose({ sequence, ...stream }: ArchiveName): void {
    const before = this.#held.get(streamKey(stream));
    if (!before) return;
    const gone = one(sequence);
    this.#held.set(streamKey(stream), {
      short: subtract(before.short, gone),
      long: subtract(before.long, gone),
    });
  }
}
