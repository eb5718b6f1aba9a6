/**
 * Reports that nodes left on a key: found, checked, and copied to the office. Only what a node's key has signed is believed; what is
 * beside the receipts (`report.txt`, logs) is copied with them and proves nothing.
 */
import { FerrymanError } from '../../errors.ts';
import { isGuid } from '../../parcel/recipients.ts';
import { maxReceiptsBytes } from '../../parcel/limits.ts';
import { parseMinisig } from '../../parcel/signature-block.ts';
import {
  parseReceipts,
  receiptsDigest,
  receiptsName,
  receiptsSignatureName,
  type UsbReceipts,
} from '../../parcel/usb-receipts.ts';
import type { PublicKey } from '../../parcel/public-key.ts';
import { verify } from '../../verify/verify.ts';
import { reportsFolder, type KeyFiles } from './key-files.ts';
import { readWhole } from '../read/read-whole.ts';

/** Levels of folders below that of a node. */
const maxDepth = 3;
/** Files of all reports on one key. */
const maxFiles = 10_000;
/** Bytes of a signature file. */
const maxSignatureBytes = 1024;

/** What one node left on the key. */
export interface NodeReport {
  /** GUID. */
  readonly node: string;
  /** Paths below the node's folder, sorted. */
  readonly files: readonly string[];
  readonly receipts: readonly FoundReceipts[];
  /** What was not looked at, or not believed: each a line for a person. */
  readonly problems: readonly string[];
}

/** Receipts, and what is known of who wrote them. */
export interface FoundReceipts {
  /** Below the node's folder. */
  readonly path: string;
  readonly receipts: UsbReceipts;
  /** `signed` by the node; `unknown`: the node's key is not known here; or why they are not to be believed. */
  readonly proof: 'signed' | 'unknown' | FerrymanError;
}

/** @param keys the identity keys of nodes, by GUID */
export async function findReports(
  files: KeyFiles,
  keys: ReadonlyMap<string, PublicKey>,
): Promise<{ readonly nodes: readonly NodeReport[]; readonly problems: readonly string[] }> {
  const { folders, files: loose, skipped } = await files.list(reportsFolder);
  const strangers = [
    ...folders.filter((name) => !isGuid(name)).map((name) => `${name}: not the GUID of a node`),
    ...loose.map(({ name }) => `${name}: not in the folder of a node`),
    ...skipped.map(({ name, reason }) => `${name}: ${reason}`),
  ];
  const nodes: NodeReport[] = [];
  let left = maxFiles;
  for (const node of folders.filter(isGuid)) {
    const report = await readNode(files, node, { key: keys.get(node), maxFiles: left });
    left -= report.files.length;
    nodes.push(report);
  }
  return { nodes, problems: strangers.map((line) => `${reportsFolder}/${line}`) };
}

interface NodeWishes {
  readonly key: PublicKey | undefined;
  readonly maxFiles: number;
}

async function readNode(files: KeyFiles, node: string, wishes: NodeWishes): Promise<NodeReport> {
  const root = `${reportsFolder}/${node}`;
  const problems: string[] = [];
  const found: string[] = [];
  await walk(files, root, { found, problems, prefix: '', depth: 0, maxFiles: wishes.maxFiles });
  const receipts: FoundReceipts[] = [];
  for (const path of found.filter(areReceipts)) {
    try {
      const one = await readReceipts(files, { root, path, node, key: wishes.key });
      receipts.push(one);
      if (one.proof instanceof FerrymanError) problems.push(one.proof.message);
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      problems.push(`${root}/${path}: ${error.message}`);
    }
  }
  return { node, files: found.toSorted(), receipts, problems };
}

interface Walk {
  readonly found: string[];
  readonly problems: string[];
  readonly prefix: string;
  readonly depth: number;
  readonly maxFiles: number;
}

async function walk(files: KeyFiles, root: string, at: Walk): Promise<void> {
  const { found, problems, prefix, depth, maxFiles: most } = at;
  const listing = await files.list(`${root}/${prefix}`.replace(/\/$/, ''));
  problems.push(...listing.skipped.map(({ name, reason }) => `${root}/${prefix}${name}: ${reason}`));
  for (const { name } of listing.files) {
    if (found.length >= most) {
      problems.push(`${root}: only ${maxFiles} files of a key are looked at`);
      return;
    }
    found.push(prefix + name);
  }
  for (const name of listing.folders) {
    if (depth >= maxDepth) problems.push(`${root}/${prefix}${name}: too deep, not looked at`);
    else await walk(files, root, { ...at, prefix: `${prefix}${name}/`, depth: depth + 1 });
  }
}

interface ReceiptsPlace {
  readonly root: string;
  readonly path: string;
  readonly node: string;
  readonly key: PublicKey | undefined;
}

async function readReceipts(
  files: KeyFiles,
  { root, path, node, key }: ReceiptsPlace,
): Promise<FoundReceipts> {
  const full = `${root}/${path}`;
  const bytes = await readWhole(files, full, maxReceiptsBytes);
  const receipts = parseReceipts(bytes);
  if (receipts.node !== node)
    throw new FerrymanError(
      'receipts.malformed',
      `expected receipts of this node, found those of ${receipts.node}`,
    );
  if (!key) return { path, receipts, proof: 'unknown' };
  try {
    const signature = await readWhole(
      files,
      full.replace(/[^/]+$/, receiptsSignatureName),
      maxSignatureBytes,
    );
    const blocks = [parseMinisig(signature.toString('latin1'))];
    verify({ digest: receiptsDigest(bytes), blocks }, { keys: [key], threshold: 1 });
    return { path, receipts, proof: 'signed' };
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    const proof = new FerrymanError('receipts.unproven', `${full}: ${error.message}`, { cause: error });
    return { path, receipts, proof };
  }
}

/** A report is not to be believed when any of its receipts is not, or it has some that cannot be read. */
export function isRefused({ files, receipts }: NodeReport): boolean {
  const isUnread = files.filter(areReceipts).length !== receipts.length;
  return isUnread || receipts.some(({ proof }) => proof instanceof FerrymanError);
}

function areReceipts(path: string): boolean {
  return path === receiptsName || path.endsWith(`/${receiptsName}`);
}
