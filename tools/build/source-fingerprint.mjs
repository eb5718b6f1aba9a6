/**
 * One hash over everything that decides what the build makes: src/, tools/, bench/, package.json and package-lock.json.
 *
 * It looks at names and contents, never at times: a fresh clone or a checkout of an older commit sets times anew.
 * Imports nothing but Node, because set-up needs it before any package is installed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where dist/ keeps the fingerprint of the sources it was made from. */
export const FINGERPRINT_FILE = '.built-from';

const SOURCE_FOLDERS = ['bench', 'src', 'tools'];
const SOURCE_FILES = ['package-lock.json', 'package.json'];

/** Hex SHA-256 of the sources under `root`. Reads every source file. */
export function sourceFingerprint(root) {
  const paths = [...SOURCE_FILES, ...SOURCE_FOLDERS.flatMap((folder) => filesUnder(root, folder))];
  const hash = createHash('sha256');
  for (const path of paths.toSorted((a, b) => (a < b ? -1 : 1))) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function filesUnder(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(root, path);
    return entry.isFile() ? [path] : [];
  });
}
