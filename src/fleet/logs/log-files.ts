/** The readable log files of one node, newest first. They stand where a proxy has unpacked them: `<incarnation>/var/log/…`. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../errors.ts';

/** Files looked at; a node has some dozens. */
const maxFiles = 50_000;
const maxDepth = 24;

/** Says which part of a log an archive brought: for programs. */
const notForReading: ReadonlySet<string> = new Set(['logs.jsonl']);

export interface LogFile {
  readonly incarnation: string;
  /** Below the incarnation's folder: `var/log/syslog`. */
  readonly path: string;
  /** On the disk. */
  readonly file: string;
  readonly bytes: number;
  /** When the proxy added to it last, milliseconds since 1970. */
  readonly changedAt: number;
}

/**
 * @param folder of the node's logs @param part of the path; `''`: any
 * @returns none when the node has no logs here. Links and what is being written are left out
 */
export function listLogFiles(folder: string, part = ''): LogFile[] {
  const files: LogFile[] = [];
  for (const incarnation of namesIn(folder)) walk(join(folder, incarnation), '', incarnation, files);
  return files
    .filter(({ path }) => path.includes(part))
    .toSorted((a, b) => b.changedAt - a.changedAt || (a.file < b.file ? -1 : 1));
}

function walk(under: string, below: string, incarnation: string, files: LogFile[]): void {
  if (below.split('/').length > maxDepth) return;
  for (const name of namesIn(join(under, below))) {
    if (files.length >= maxFiles) return;
    const path = below === '' ? name : `${below}/${name}`;
    const file = join(under, path);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat?.isDirectory()) walk(under, path, incarnation, files);
    else if (stat?.isFile() && !notForReading.has(path))
      files.push({ incarnation, path, file, bytes: stat.size, changedAt: stat.mtimeMs });
  }
}

/** Hidden ones are of the proxy: what it is writing. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []; // it was replaced meanwhile, or is no folder
    throw error;
  }
}
