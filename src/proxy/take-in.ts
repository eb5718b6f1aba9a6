/**
 * Takes archives in: each is read once into memory, proven, written, synced and entered into the index. Only what {@link settle} has
 * unpacked besides is acknowledged. The same archive again changes nothing; another content under its name is evidence.
 */
import { lstatSync } from 'node:fs';
import type { Links } from '../durable/file-source.ts';
import { FerrymanError } from '../errors.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import type { ProxyIndex } from './index/proxy-index.ts';
import { guarded } from './index/open.ts';
import { archiveFile, type ArchiveName, type ProxyPlaces } from './places.ts';
import type { NodeTrust } from '../verify/enrolled.ts';
import {
  isDamage,
  proveArchive,
  readNamed,
  type ProvenArchive,
  type StoredArchive,
} from './proven-archive.ts';
import { readShard, setApart, StoreWriter, syncIncarnation, writeShard } from './store-files.ts';

/** What became of one file. */
export interface TakenIn {
  readonly path: string;
  /** `fork`: another content of this name is in the store, and stays. */
  readonly outcome: 'stored' | 'known' | 'fork' | 'refused';
  /** `<origin>/<incarnation>/<sequence>`; `undefined` where it did not prove to be an archive. */
  readonly name?: string;
  readonly digest?: string;
  readonly error?: FerrymanError;
}

/** What taking in works with. */
export interface TakingIn {
  readonly places: ProxyPlaces;
  readonly index: ProxyIndex;
  readonly trust: NodeTrust;
  /** Whether a path may be a symbolic link: yes where a person names it. */
  readonly links: Links;
  /** By what road, in one word. */
  readonly how: string;
  readonly nowMs: number;
  /** Aborted: no further file is begun. */
  readonly stop?: AbortSignal | undefined;
}

/** A file that stands in the store and is not in the index yet. */
export interface Entry extends StoredArchive {
  readonly receivedAtMs: number;
}

/** What one portion has brought, by name; with a name once its contents are on the disk. */
type Fresh = Map<string, Entry & { isNamed: boolean }>;

/**
 * Takes files in, all of which are durable when this returns. A file that is refused keeps no other back.
 *
 * @returns of each file that was taken up what became of it: of all, unless it was told to stop
 * @throws FerrymanError `proxy.disk-full`, `proxy.index`: what was written until then stays and is found again
 */
export async function takeIn(paths: readonly string[], working: TakingIn): Promise<TakenIn[]> {
  const writer = new StoreWriter(working.places);
  const fresh: Fresh = new Map();
  try {
    const taken: TakenIn[] = [];
    for (const path of paths) {
      if (working.stop?.aborted) break;
      taken.push(await takeOne(path, working, writer, fresh));
    }
    return taken;
  } finally {
    // Whatever keeps the rest back: what was written is in the store.
    await syncAndEnter(writer, fresh, working);
  }
}

/** Of files that have their names; one whose contents could not be synced has none. */
async function syncAndEnter(writer: StoreWriter, fresh: Fresh, working: TakingIn): Promise<void> {
  try {
    await writer.flush();
  } finally {
    writer.syncFolders(); // throws, and nothing is entered: names that may not last are not to be relied on
    enter(
      [...fresh.values()].filter(({ isNamed }) => isNamed),
      working,
    );
  }
}

async function takeOne(path: string, working: TakingIn, writer: StoreWriter, fresh: Fresh): Promise<TakenIn> {
  let proven;
  try {
    proven = await proveArchive(path, working.trust, working.links);
  } catch (error) {
    // Without sound office keys nothing is wrong with the file.
    if (!(error instanceof FerrymanError) || error.verdict === 'halt') throw error;
    working.index.refused(error, formatTimestamp(working.nowMs));
    return { path, outcome: 'refused', error };
  }
  const { name, digest } = proven;
  const id = `${name.origin}/${name.incarnation}/${name.sequence}`;
  const known =
    fresh.get(id)?.digest ?? knownDigest(name, working.index) ?? (await takeUpLeft(name, id, working, fresh));
  if (known === digest) return { path, outcome: 'known', name: id, digest };
  if (known !== undefined)
    return { path, outcome: 'fork', name: id, digest, error: await keepFork(proven, known, working, writer) };
  placeOrigin(working, name.origin);
  const { bytes, manifest, contents } = proven;
  const entry = { name, digest, bytes, manifest, receivedAtMs: working.nowMs, isNamed: false };
  fresh.set(id, entry);
  await writer.put(name, contents, working.nowMs, () => {
    entry.isNamed = true;
  });
  return { path, outcome: 'stored', name: id, digest };
}

function knownDigest(name: ArchiveName, { archives }: ProxyIndex): string | undefined {
  return archives.find(archives.incarnation(name), name.sequence)?.digest.toString('hex');
}

/** A file that a full disk has kept out of the index: it was the first under its name. A damaged one makes way. */
async function takeUpLeft(
  name: ArchiveName,
  id: string,
  { places }: TakingIn,
  fresh: Fresh,
): Promise<string | undefined> {
  const path = archiveFile(places, name);
  const left = lstatSync(path, { throwIfNoEntry: false });
  if (!left) return undefined;
  try {
    const stored = await readNamed(path, name);
    syncIncarnation(places, name);
    fresh.set(id, { ...stored, receivedAtMs: left.mtimeMs, isNamed: true });
    return stored.digest;
  } catch (error) {
    if (!isDamage(error)) throw error;
    setApart(places, name);
    return undefined;
  }
}

/** The shard of a new origin is durable before anything of it is. */
export function placeOrigin({ places, index }: Pick<TakingIn, 'places' | 'index'>, origin: string): void {
  if (index.shards.of(origin) !== undefined) return;
  const known = readShard(places, origin);
  const shard = known ?? index.shards.next();
  if (known === undefined) writeShard(places, origin, shard);
  guarded(() => index.shards.place(origin, shard));
}

async function keepFork(
  { name, digest, contents }: ProvenArchive,
  known: string,
  { index, nowMs }: TakingIn,
  writer: StoreWriter,
): Promise<FerrymanError> {
  const kept = await writer.putFork(name, digest, contents, nowMs);
  await writer.flush();
  writer.syncFolders();
  index.fork({ name, digest, kept, at: formatTimestamp(nowMs) });
  return new FerrymanError(
    'archive.fork',
    `archive ${name.origin}/${name.incarnation}/${name.sequence}: expected digest ${known.slice(0, 16)}, found ${digest.slice(0, 16)}: one node stands twice, or its key is with somebody else`,
  );
}

/** Enters archives that stand in the store durably; in one transaction, for each is a wait for the disk. */
export function enter(entries: readonly Entry[], { index, how }: Pick<TakingIn, 'index' | 'how'>): void {
  if (entries.length === 0) return;
  index.transaction(() => {
    for (const { name, digest, bytes, manifest, receivedAtMs } of entries) {
      const at = formatTimestamp(receivedAtMs);
      const of = index.archives.heardOf(name, at);
      index.archives.add({
        of,
        sequence: name.sequence,
        class: name.class,
        digest: Buffer.from(digest, 'hex'),
        bytes,
        created: manifest.created,
        receivedAt: at,
        how,
        state: 'waiting',
      });
      index.coverage.declareLost(of, manifest.voids);
    }
  });
}
