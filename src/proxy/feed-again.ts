/**
 * Hands every archive of the store to the feed once more: to one that was made anew. Only reads; what waits to be settled is left to
 * whoever settles.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import type { ArchiveRow } from './index/archives.ts';
import { openIndexForReading } from './index/open.ts';
import { ProxyIndex } from './index/proxy-index.ts';
import { archiveFile, type ArchiveName, type ProxyPlaces } from './places.ts';
import { unpackArchive } from './readable/unpack-archive.ts';
import { judgeUnpacking, type Contents, type Feed } from './settle.ts';

export interface FeedingAgain {
  readonly feed: Feed;
  /** Left out: all that the store has. */
  readonly only?: readonly Pick<ArchiveName, 'origin' | 'incarnation' | 'sequence'>[];
  /** What need not be handed in. */
  readonly isKnown: (name: ArchiveName) => Promise<boolean> | boolean;
  /** Called with the number of archives that were looked at. */
  readonly progress: (archives: number) => void;
  /** What is wrong with the file of an archive: nothing of it is handed in. */
  readonly tell: (damage: FerrymanError) => void;
  readonly signal: AbortSignal;
}

export interface FedAgain {
  readonly archives: number;
  /** Of them; the rest was known. */
  readonly fed: number;
  /** Of them; their files are missing, or not what was stored. */
  readonly damaged: number;
}

/** @throws FerrymanError `proxy.index`, what may pass of a file that cannot be read now, and what the feed throws: what was handed in until then stays so */
export async function feedAgain(places: ProxyPlaces, feeding: FeedingAgain): Promise<FedAgain> {
  const database = openIndexForReading(places.indexFile);
  if (!database)
    throw new FerrymanError(
      'proxy.index',
      `${places.indexFile}: expected the index of the store, found none`,
    );
  mkdirSync(places.unpacked, { recursive: true, mode: 0o750 });
  const scratch = mkdtempSync(join(places.unpacked, '.again-'));
  try {
    const index = new ProxyIndex(database);
    const found = { archives: 0, fed: 0, damaged: 0 };
    for (const { row, name } of archivesOf(index, feeding.only)) {
      feeding.signal.throwIfAborted();
      if (!(await feeding.isKnown(name))) {
        const damage = await feedOne(name, row, { places, scratch, feed: feeding.feed });
        if (damage) feeding.tell(damage);
        found[damage ? 'damaged' : 'fed'] += 1;
      }
      found.archives += 1;
      feeding.progress(found.archives);
    }
    if (!feeding.only) for (const fork of index.allForks()) await feeding.feed.fork(fork);
    return found;
  } finally {
    database.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Found {
  readonly name: ArchiveName;
  readonly row: ArchiveRow;
}

/** What waits is left to whoever settles. */
function* archivesOf(index: ProxyIndex, only: FeedingAgain['only']): Generator<Found> {
  for (const { id, ...incarnation } of index.archives.incarnations()) {
    const some = only
      ?.filter(
        ({ origin, incarnation: name }) => origin === incarnation.origin && name === incarnation.incarnation,
      )
      .map(({ sequence }) => sequence);
    for (const sequence of some ?? index.archives.sequences(id)) {
      const row = index.archives.find(id, sequence);
      if (row && row.state !== 'waiting') yield { row, name: { ...incarnation, sequence, class: row.class } };
    }
  }
}

async function feedOne(
  name: ArchiveName,
  row: ArchiveRow,
  { places, scratch, feed }: { places: ProxyPlaces; scratch: string; feed: Feed },
): Promise<FerrymanError | undefined> {
  const { digest, bytes, receivedAt, how } = row;
  const folder = mkdtempSync(join(scratch, 'archive-'));
  try {
    const contents = await contentsOf(places, { ...name, digest }, folder);
    if ('damage' in contents) return contents.damage;
    await feed.archives([{ archive: { ...name, digest, bytes, receivedAt, how }, contents }]);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The logs in it are not wanted: their tar stays as it is. */
async function contentsOf(
  places: ProxyPlaces,
  archive: ArchiveName & { readonly digest: Buffer },
  folder: string,
): Promise<Contents | { readonly damage: FerrymanError }> {
  try {
    const word = await unpackArchive(archiveFile(places, archive), folder, () => Promise.resolve());
    return { folder, word };
  } catch (error) {
    const { damage, problem } = await judgeUnpacking(error, archive, places);
    return damage ? { damage } : { problem };
  }
}
