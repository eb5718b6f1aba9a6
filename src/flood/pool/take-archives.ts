/**
 * Takes archives from a staging folder into the pool: each is proven where it stands, brought to the disk and given its name; whatever is
 * wrong with one keeps no other back.
 */
import { chmodSync, chownSync, existsSync, fsync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { makeFolder, syncFolder } from '../../durable/write-file.ts';
import { systemPath } from '../../host/system-path.ts';
import { about, FerrymanError, isSystemError } from '../../errors.ts';
import { withFile } from '../../durable/file-source.ts';
import type { NodeTrust } from '../../verify/enrolled.ts';
import { whyRefused, type Refused } from '../decide/cover.ts';
import { archiveLabel, archivePath, type NamedArchive } from './archive-name.ts';
import type { Pool } from './pool.ts';
import { proveArchive, type ProvenArchive } from './prove-archive.ts';
import { quarantine, type Quarantine } from './quarantine.ts';

/** A file that a neighbour has sent, under the name that was asked for. */
export interface StagedArchive {
  readonly path: string;
  readonly archive: NamedArchive;
}

export interface TakingArchives {
  readonly pool: Pool;
  readonly nodeTrust: NodeTrust;
  /** As it is now: it may have come with this very contact. */
  readonly refused: Refused;
  readonly quarantine: Quarantine;
  /** GUID of who brought them. */
  readonly peer: string;
  /** Makes room for one that is right. @returns why there is none */
  readonly makeRoom: (archive: ProvenArchive) => string | undefined;
}

/** Files that are proven side by side. */
const sideBySide = 8;
/** More files than this are brought to the disk by one call for all: a wait for each would take longer than the transfer. */
const fewFiles = 16;

/**
 * @returns those that are in the pool now, and were not
 * @throws FerrymanError `trust.*`; `pool.disk` when all that this node could keep is in the pool
 */
export async function takeArchives(
  staged: readonly StagedArchive[],
  taking: TakingArchives,
): Promise<ProvenArchive[]> {
  const taken: ProvenArchive[] = [];
  const folders = new Set<string>();
  const faults: unknown[] = [];
  const isSynced = staged.length > fewFiles && (await syncAll(taking.pool.folder));
  for (let first = 0; first < staged.length; first += sideBySide) {
    const proven = await Promise.all(
      staged
        .slice(first, first + sideBySide)
        .map(async (one) => unlessOwnFault(() => prove(one, taking, isSynced), faults)),
    );
    for (const one of proven) {
      if (!one || !(await unlessOwnFault(() => giveName(one, taking), faults))) continue;
      folders.add(dirname(taking.pool.pathOf(one.archive)));
      taken.push(one.archive);
    }
  }
  for (const folder of folders) syncFolder(folder);
  const [fault] = faults;
  if (fault instanceof Error)
    throw new FerrymanError(
      'pool.disk',
      `expected to keep ${staged.length} archives, found ${faults.length} that this disk does not: ${fault.message}`,
      { cause: fault },
    );
  return taken;
}

/** What a neighbour cannot bring about by whatever it sends. */
const ownFaults = ['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS'] as const;

function isOwnFault(error: unknown): boolean {
  return error instanceof FerrymanError && isSystemError(error.cause, ...ownFaults);
}

/** A disk that fails, or is full, is no fault of the neighbour's: the archive is fetched again, and the others are taken all the same. */
async function unlessOwnFault<Result>(
  work: () => Promise<Result> | Result,
  faults: unknown[],
): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error) && !isOwnFault(error)) throw error;
    faults.push(error);
    return undefined;
  }
}

/** @returns false where that cannot be done */
async function syncAll(folder: string): Promise<boolean> {
  makeFolder(folder, 0o750);
  const call = { env: { PATH: systemPath }, extendEnv: false, reject: false, stdin: 'ignore' } as const;
  return (await execa('sync', ['--file-system', folder], call)).exitCode === 0;
}

interface Proven {
  readonly path: string;
  readonly archive: ProvenArchive;
}

async function prove(
  { path, archive: named }: StagedArchive,
  { nodeTrust, quarantine: apart, peer }: TakingArchives,
  isSynced: boolean,
): Promise<Proven | undefined> {
  try {
    const archive = await proveArchive(path, named, nodeTrust);
    if (!isSynced) await withFile(path, 'refuse', (fd) => promisify(fsync)(fd));
    return { path, archive };
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.verdict === 'halt' || isOwnFault(error)) throw error;
    const name = archiveLabel(named);
    quarantine(apart, { path, offered: `logs/${archivePath(named)}`, name, peer }, about(name, error));
    return undefined;
  }
}

/** @returns false when it is not wanted after all */
function giveName({ path, archive }: Proven, taking: TakingArchives): boolean {
  const { pool, refused, peer, quarantine: apart } = taking;
  const why = whyRefused(archive, refused) ?? (pool.has(archive) ? 'it is here already' : undefined);
  const whyNot = why ?? taking.makeRoom(archive);
  if (whyNot !== undefined) {
    rmSync(path, { force: true });
    const { digest } = archive;
    apart.notes.add([
      { name: archiveLabel(archive), digest, what: 'refused', reason: whyNot, peer, at: apart.now() },
    ]);
    return false;
  }
  const target = pool.pathOf(archive);
  makeReadableFolders(pool, archive);
  // The unprivileged user has written it and is not to write it again.
  if (process.getuid?.() === 0) chownSync(path, 0, 0);
  chmodSync(path, 0o444);
  renameSync(path, target);
  pool.added(archive);
  return true;
}

/** Whoever may pass the offer's fence may read what is in it. */
function makeReadableFolders(pool: Pool, archive: NamedArchive): void {
  const folder = dirname(pool.pathOf(archive));
  if (!existsSync(folder)) makeFolder(folder, 0o755);
}
