/** Holds the store against its index, byte for byte. Changes nothing. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import { ProxyIndex } from './index/proxy-index.ts';
import { openIndexForReading } from './index/open.ts';
import { archiveFile, incarnationFolder, type ProxyPlaces } from './places.ts';
import { readStored } from './proven-archive.ts';
import { listStore } from './store-files.ts';

export interface Checked {
  readonly archives: number;
  readonly bytes: number;
  /** What is not as it must be, one line each. */
  readonly problems: readonly string[];
}

/** @param progress called with the number of archives that were read @throws FerrymanError `proxy.index` */
export async function checkStore(
  places: ProxyPlaces,
  progress: (archives: number) => void,
): Promise<Checked> {
  const database = openIndexForReading(places.indexFile);
  if (!database)
    throw new FerrymanError(
      'proxy.index',
      `${places.indexFile}: expected the index of the store, found none`,
    );
  try {
    const index = new ProxyIndex(database);
    const found = { archives: 0, bytes: 0, problems: [] as string[] };
    for (const { id, ...name } of index.archives.incarnations())
      for (const row of index.archives.all(id)) {
        const path = archiveFile(places, { ...name, sequence: row.sequence, class: row.class });
        const problem = await lookAt(path, row.digest.toString('hex'));
        if (problem !== undefined) found.problems.push(problem);
        found.archives += 1;
        found.bytes += row.bytes;
        progress(found.archives);
      }
    found.problems.push(...strangers(places, index), ...readableProblems(places, database));
    return found;
  } finally {
    database.close();
  }
}

async function lookAt(path: string, expected: string): Promise<string | undefined> {
  try {
    const { digest } = await readStored(path);
    if (digest === expected) return undefined;
    return `${path}: expected digest ${expected.slice(0, 16)}, found ${digest.slice(0, 16)}`;
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    return error.message;
  }
}

/** Archives that the index does not know: the next start takes them up. */
function* strangers(places: ProxyPlaces, index: ProxyIndex): Generator<string> {
  for (const stored of listStore(places)) {
    const of = index.archives.incarnation(stored);
    const known = of === undefined ? new Set<number>() : index.archives.sequences(of);
    for (const name of stored.archives)
      if (!known.has(name.sequence))
        yield `${archiveFile(places, name)}: expected it in the index, found nothing: the next start takes it up`;
  }
}

/** Readable files that are shorter than what was put into them: somebody has changed them. */
function* readableProblems(
  places: ProxyPlaces,
  database: NonNullable<ReturnType<typeof openIndexForReading>>,
): Generator<string> {
  const rows = database
    .prepare<[], { path: string; bytes: number; origin: string; incarnation: string }>(
      'SELECT path, bytes, origin, incarnation FROM paths JOIN incarnations ON incarnations.id = of',
    )
    .all();
  for (const { path, bytes, ...name } of rows) {
    const file = join(incarnationFolder(places.unpacked, name), path);
    const size = lstatSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined || size < bytes)
      yield `${file}: expected ${bytes} bytes, found ${size ?? 'nothing'}: remove store.sqlite, and it is put together anew`;
  }
}
