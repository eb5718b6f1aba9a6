/**
 * Holds the index against the files of the store, which are the truth: what a cut has kept out of the index is entered, what has no file
 * is forgotten. An empty index is made anew by the same walk; the readable files then are too, because the index alone knows
 * what they are put together from.
 */
import { rmSync, statSync } from 'node:fs';
import { FerrymanError } from '../errors.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import type { ProxyIndex } from './index/proxy-index.ts';
import { archiveFile, type ArchiveName, type ProxyPlaces } from './places.ts';
import { readNamed, readStored } from './proven-archive.ts';
import { listForks, listStore, syncIncarnation, type StoredIncarnation } from './store-files.ts';
import { enter, placeOrigin, type Entry } from './take-in.ts';

/** Archives that are entered in one transaction. */
const perCommit = 1000;

export interface Scanning {
  readonly places: ProxyPlaces;
  readonly index: ProxyIndex;
  /** The index was made just before. */
  readonly isNew: boolean;
}

/** What was not as it should be. */
export interface Scanned {
  /** Archives in the store that the index did not know. */
  readonly entered: number;
  /** Archives in the index whose files are gone. */
  readonly lost: readonly string[];
  /** Files in the store that are no archives, or stand under a wrong name. */
  readonly damaged: readonly FerrymanError[];
}

export async function scanStore({ places, index, isNew }: Scanning): Promise<Scanned> {
  if (isNew) rmSync(places.unpacked, { recursive: true, force: true });
  const found: { entered: number; lost: string[]; damaged: FerrymanError[] } = {
    entered: 0,
    lost: [],
    damaged: [],
  };
  const seen = new Set<string>();
  for (const stored of listStore(places)) {
    seen.add(`${stored.origin}/${stored.incarnation}`);
    await scanIncarnation(stored, { places, index }, found);
  }
  for (const { origin, incarnation } of index.archives.incarnations())
    if (!seen.has(`${origin}/${incarnation}`))
      await scanIncarnation({ origin, incarnation, archives: [] }, { places, index }, found);
  if (isNew) await enterForks({ places, index }, found.damaged);
  return found;
}

type Parts = Pick<Scanning, 'places' | 'index'>;

async function scanIncarnation(
  { origin, incarnation, archives }: StoredIncarnation,
  parts: Parts,
  found: { entered: number; lost: string[]; damaged: FerrymanError[] },
): Promise<void> {
  const { index } = parts;
  const of = index.archives.incarnation({ origin, incarnation });
  const known = of === undefined ? new Set<number>() : index.archives.sequences(of);
  const unknown = archives.filter(({ sequence }) => !known.has(sequence));
  for (const { sequence } of archives) known.delete(sequence);
  if (of !== undefined && known.size > 0) index.forget(of, [...known]);
  for (const sequence of known) found.lost.push(`${origin}/${incarnation}/${sequence}`);
  for (let first = 0; first < unknown.length; first += perCommit)
    found.entered += await adopt(unknown.slice(first, first + perCommit), parts, found.damaged);
}

/** Enters archives that stand in the store: they were proven when they came, and the trusted keys may be others by now. */
async function adopt(
  names: readonly ArchiveName[],
  { places, index }: Parts,
  damaged: FerrymanError[],
): Promise<number> {
  const entries = new Map<number, Entry>();
  for (const name of names) {
    const path = archiveFile(places, name);
    try {
      entries.set(name.sequence, { ...(await readNamed(path, name)), receivedAtMs: statSync(path).mtimeMs });
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      damaged.push(error);
    }
  }
  const [first] = names;
  if (first) syncIncarnation(places, first);
  for (const { name } of entries.values()) placeOrigin({ places, index }, name.origin);
  enter([...entries.values()], { index, how: 'scan' });
  return entries.size;
}

async function enterForks({ places, index }: Parts, damaged: FerrymanError[]): Promise<void> {
  for (const path of listForks(places)) {
    try {
      const { name, digest } = await readStored(path);
      index.fork({ name, digest, kept: true, at: formatTimestamp(statSync(path).mtimeMs) });
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      damaged.push(error);
    }
  }
}
