/**
 * Unpacks what is durable in the store, hands it to whoever keeps the facts, puts the readable files together, and says of each archive
 * that it can be acknowledged. One that does not unpack although it is its origin's is kept, told, and acknowledged all the same: else it
 * would be carried about for ever. One that is not any more what was stored is not acknowledged, and makes way for another copy.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { WaitingArchive } from './index/archives.ts';
import type { FoundFork, ProxyIndex } from './index/proxy-index.ts';
import { archiveFile, type ArchiveName, type ProxyPlaces } from './places.ts';
import { ReadableFiles, type Piece } from './readable/readable-files.ts';
import type { ArchiveWord } from './readable/unpack-archive.ts';
import { isDamage, readStored } from './proven-archive.ts';
import { asDiskFull, setApart } from './store-files.ts';

/** Archives whose readable files are synced together. */
const perCommit = 100;

/**
 * Writes what an archive of the store holds into an empty folder, as regular files of bounded size and number.
 *
 * @throws FerrymanError with the verdict `reject` when the archive can never be unpacked; anything else may pass later
 */
export type Unpack = (archive: string, folder: string) => Promise<ArchiveWord>;

/** An archive that was unpacked into a folder, or why it does not unpack. */
export type Contents =
  | { readonly folder: string; readonly word: ArchiveWord }
  | { readonly problem: FerrymanError };

/**
 * Keeps the facts of archives somewhere else. The same may be handed in again, after a cut.
 *
 * @throws FerrymanError when it cannot be kept now: the archives wait, and are not acknowledged
 */
export interface Feed {
  archives(handed: readonly Handed[]): Promise<void>;
  /** Another content under a name that is taken. */
  fork(fork: FoundFork): Promise<void>;
}

export type FedArchive = Omit<WaitingArchive, 'of'>;

export interface Handed {
  readonly archive: FedArchive;
  readonly contents: Contents;
}

/** The feed has refused: nothing is wrong with the archive, nor with the store of the proxy. */
export class FeedFailure extends Error {
  override readonly name = 'FeedFailure';
  override readonly cause: FerrymanError;

  constructor(cause: FerrymanError) {
    super(cause.message);
    this.cause = cause;
  }
}

export interface Settling {
  readonly places: ProxyPlaces;
  readonly index: ProxyIndex;
  readonly unpack: Unpack;
  readonly feed: Feed | undefined;
  /** Aborted: no further archive is begun, and those that are done are entered. */
  readonly stop?: AbortSignal | undefined;
}

/** What became of an archive. */
export interface Settled {
  readonly archive: WaitingArchive;
  /** Why it is not readable; `proxy.store-damaged`: it is not held either. */
  readonly error?: FerrymanError;
}

interface Unpacked extends Handed {
  readonly archive: WaitingArchive;
  readonly pieces: readonly Piece[];
  readonly error?: FerrymanError;
}

interface Damaged {
  readonly archive: WaitingArchive;
  readonly damage: FerrymanError;
}

/**
 * Settles all that waits, unless it is told to stop.
 *
 * @throws FerrymanError `proxy.disk-full`, and what `unpack` throws that may pass; FeedFailure: what is settled until then stays so
 */
export async function settle(settling: Settling, settled: (one: Settled) => void): Promise<void> {
  const { places, index } = settling;
  const files = new ReadableFiles(places, index.database);
  rmSync(places.scratch, { recursive: true, force: true });
  files.publish();
  try {
    for (;;) {
      const waiting = index.archives.waiting(perCommit);
      if (waiting.length === 0 || settling.stop?.aborted) return;
      const { unpacked, damaged, stopped } = await unpackSome(waiting, settling);
      for (const one of damaged) settled(giveUp(one, settling));
      // Before they are held: what is acknowledged has its facts where they are kept.
      await asFeedFailure(async () => settling.feed?.archives(unpacked));
      for (const group of inGroups(files, unpacked)) commit(group, index, files).forEach(settled);
      if (stopped) throw stopped.error;
      rmSync(places.scratch, { recursive: true, force: true });
    }
  } catch (error) {
    throw asDiskFull(places.unpacked, error);
  } finally {
    files.close();
    rmSync(places.scratch, { recursive: true, force: true });
  }
}

interface Some {
  readonly unpacked: readonly Unpacked[];
  readonly damaged: readonly Damaged[];
  /** Those after it still wait. */
  readonly stopped: { readonly error: unknown } | undefined;
}

async function unpackSome(waiting: readonly WaitingArchive[], settling: Settling): Promise<Some> {
  const unpacked: Unpacked[] = [];
  const damaged: Damaged[] = [];
  for (const archive of waiting) {
    if (settling.stop?.aborted) break;
    try {
      const one = await unpackOne(archive, settling);
      if ('damage' in one) damaged.push(one);
      else unpacked.push(one);
    } catch (error) {
      return { unpacked, damaged, stopped: { error } };
    }
  }
  return { unpacked, damaged, stopped: undefined };
}

async function unpackOne(archive: WaitingArchive, { places, unpack }: Settling): Promise<Unpacked | Damaged> {
  const folder = join(places.scratch, `${archive.of}.${archive.sequence}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 }); // scratch: not synced
  let word;
  try {
    word = await unpack(archiveFile(places, archive), folder);
  } catch (error) {
    const { damage, problem } = await judgeUnpacking(error, archive, places);
    rmSync(folder, { recursive: true, force: true });
    if (damage) return { archive, damage };
    return { archive, contents: { problem }, pieces: [], error: problem };
  }
  return { archive, contents: { folder, word }, pieces: [...walk(folder, '')] };
}

/** @throws FeedFailure */
export async function asFeedFailure(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof FerrymanError ? new FeedFailure(error) : error;
  }
}

type Judged =
  | { readonly damage: FerrymanError; readonly problem?: undefined }
  | { readonly damage?: undefined; readonly problem: FerrymanError };

/** What it means that an archive does not unpack: its file is not what was stored, or it never will. @throws what may pass */
export async function judgeUnpacking(
  error: unknown,
  archive: ArchiveName & { readonly digest: Buffer },
  places: ProxyPlaces,
): Promise<Judged> {
  if (!(error instanceof FerrymanError)) throw error;
  const damage = await findDamage(archive, places);
  if (damage) return { damage };
  if (error.verdict !== 'reject') throw error;
  return { problem: error };
}

/** Whether the file is what was proven and stored: acknowledged otherwise, its origin would remove the only sound copy. */
async function findDamage(
  archive: ArchiveName & { readonly digest: Buffer },
  places: ProxyPlaces,
): Promise<FerrymanError | undefined> {
  const path = archiveFile(places, archive);
  const expected = archive.digest.toString('hex');
  try {
    const { digest } = await readStored(path);
    if (digest === expected) return undefined;
    return new FerrymanError(
      'proxy.store-damaged',
      `${path}: expected digest ${expected.slice(0, 16)}, found ${digest.slice(0, 16)}`,
    );
  } catch (error) {
    if (!isDamage(error)) throw error;
    return new FerrymanError('proxy.store-damaged', error.message, { cause: error });
  }
}

/** The file first: a cut leaves an archive without a file, which the next start forgets. */
function giveUp({ archive, damage }: Damaged, { places, index }: Settling): Settled {
  setApart(places, archive);
  index.forget(archive.of, [archive.sequence]);
  return { archive, error: damage };
}

/** What was unpacked, in the order of names. */
function* walk(folder: string, below: string): Generator<Piece> {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(folder, path);
    else if (entry.isFile()) yield { path, file: join(folder, path) };
  }
}

/** One that is to be let in between others stands alone. */
function* inGroups(files: ReadableFiles, unpacked: readonly Unpacked[]): Generator<Unpacked[]> {
  let group: Unpacked[] = [];
  for (const one of unpacked) {
    const isLate = files.isLate(one.archive.of, one.archive.sequence, one.pieces);
    if (isLate && group.length > 0) yield group;
    if (isLate) yield [one];
    if (isLate) group = [];
    else group.push(one);
  }
  if (group.length > 0) yield group;
}

function commit(group: readonly Unpacked[], index: ProxyIndex, files: ReadableFiles): Settled[] {
  const settled: Settled[] = [];
  try {
    index.transaction(() => {
      for (const { archive, pieces, error } of group) {
        const outcome = error ?? add(files, archive, pieces);
        index.archives.setState(
          archive,
          outcome ? 'unreadable' : 'readable',
          outcome ? `${outcome.message} [${outcome.code}]` : '',
        );
        index.coverage.hold(archive.of, archive.sequence);
        index.shards.setChanged(archive.origin);
        settled.push(outcome ? { archive, error: outcome } : { archive });
      }
      files.sync();
    });
  } finally {
    files.close();
  }
  files.publish();
  return settled;
}

/** A path that is a file in one archive and a folder in another is the archive's fault. */
function add(
  files: ReadableFiles,
  archive: WaitingArchive,
  pieces: readonly Piece[],
): FerrymanError | undefined {
  try {
    files.add(archive.of, archive, pieces);
    return undefined;
  } catch (error) {
    if (!isSystemError(error, 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP')) throw error;
    return new FerrymanError(
      'proxy.unreadable',
      `archive ${archive.origin}/${archive.incarnation}/${archive.sequence}: expected files that can stand beside those of other archives: ${error.message}`,
      { cause: error },
    );
  }
}
