/**
 * Archives of logs that a node left on a key: checked one by one, and copied to where a proxy takes them from. Each has one name for ever, so what is
 * there is not copied again.
 */
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder, writeAll, writeDurably } from '../../durable/write-file.ts';
import { FerrymanError } from '../../errors.ts';
import { archiveLabel, parseArchivePath, type NamedArchive } from '../../flood/pool/archive-name.ts';
import { maxBytesOf, proveArchive, readArchiveName } from '../../flood/pool/prove-archive.ts';
import type { Trust } from '../../verify/trust.ts';
import { reportsFolder, type KeyFiles } from './key-files.ts';

const archivesFolder = 'archives';

/** What came of the archives of one node. */
export interface KeptArchives {
  /** `OUT/<guid>/archives`. */
  readonly folder: string;
  /** On the key, and found right. */
  readonly found: number;
  /** That were not there before. */
  readonly added: number;
  readonly problems: readonly string[];
}

export function isArchive(path: string): boolean {
  return path.startsWith(`${archivesFolder}/`);
}

/** @param paths below the node's folder on the key @param trust `undefined`: signatures are not checked */
export async function keepArchives(
  files: KeyFiles,
  { node, paths }: { readonly node: string; readonly paths: readonly string[] },
  out: string,
  trust: Trust | undefined,
): Promise<KeptArchives> {
  const problems: string[] = [];
  let found = 0;
  let added = 0;
  for (const path of paths) {
    try {
      if (await keepOne(files, { node, path, out, trust })) added += 1;
      found += 1;
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      problems.push(
        `${reportsFolder}/${node}/${path}: ${error.message.replace(`${reportsFolder}/${node}/${path}: `, '')}`,
      );
    }
  }
  return { folder: join(out, node, archivesFolder), found, added, problems };
}

interface OnKey {
  readonly node: string;
  readonly path: string;
  readonly out: string;
  readonly trust: Trust | undefined;
}

/** @returns false: it is there already */
async function keepOne(files: KeyFiles, { node, path, out, trust }: OnKey): Promise<boolean> {
  const named = parseArchivePath(`${node}/${path.slice(archivesFolder.length + 1)}`);
  if (!named)
    throw new FerrymanError('pool.misnamed', 'expected the name of an archive of logs, found another');
  const target = join(out, node, path);
  const scratch = mkdtempSync(join(tmpdir(), 'ferryman-usb-'));
  try {
    const copy = join(scratch, 'archive.zip');
    await copyTo(copy, files.read(`${reportsFolder}/${node}/${path}`, maxBytesOf(named)));
    await check(copy, named, trust);
    const bytes = readFileSync(copy);
    if (existsSync(target)) {
      if (readFileSync(target).equals(bytes)) return false;
      throw new FerrymanError('archive.fork', `expected what is in ${target}, found other bytes`);
    }
    makeFolder(dirname(target), 0o755);
    writeDurably(target, bytes, { mode: 0o644, existing: 'refuse' });
    return true;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function copyTo(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const fd = openSync(path, 'wx', 0o600);
  try {
    for await (const chunk of chunks) writeAll(fd, chunk);
  } finally {
    closeSync(fd);
  }
}

async function check(path: string, named: NamedArchive, trust: Trust | undefined): Promise<void> {
  if (trust) {
    await proveArchive(path, named, { trust, revoked: [] });
    return;
  }
  const found = await readArchiveName(path);
  if (archiveLabel(found) !== archiveLabel(named) || found.class !== named.class)
    throw new FerrymanError(
      'pool.misnamed',
      `expected archive ${archiveLabel(named)}, found ${archiveLabel(found)}`,
    );
}
