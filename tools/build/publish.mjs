/**
 * Puts made files into dist/ so that at every instant each command in it is whole: the old one or the new one.
 *
 * Everything is first written to a folder beside its final place. Then chunks are renamed in (their names carry a hash
 * of their content, so they never replace a different one), then the files that import them, then the fingerprint.
 * What the new build did not make is removed last. A build cut short leaves no matching fingerprint, so the next
 * set-up builds again. Replacing dist/ as a whole would leave an instant without any.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FINGERPRINT_FILE } from './source-fingerprint.mjs';

const STAGING_PREFIX = '.next-';

/**
 * Writes `files` (`{ path, code, mode }`) and a link in dist/bin for each of `commands`, into `dist`.
 *
 * `builder` is a number of this build alone (the process id): two builds at once do not share a staging folder.
 */
export function publish(dist, { files, commands, fingerprint, builder }) {
  const staging = join(dist, `${STAGING_PREFIX}${builder}`);
  const paths = stage(staging, { files, commands, fingerprint });
  for (const path of paths.toSorted(inOrderOfUse)) {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    renameSync(join(staging, path), join(dist, path));
  }
  rmSync(staging, { recursive: true });
  removeOthers(dist, new Set(paths));
}

function stage(staging, { files, commands, fingerprint }) {
  rmSync(staging, { recursive: true, force: true });
  for (const { path, code, mode } of files) {
    mkdirSync(dirname(join(staging, path)), { recursive: true });
    writeFileSync(join(staging, path), code);
    chmodSync(join(staging, path), mode);
  }
  mkdirSync(join(staging, 'bin'), { recursive: true });
  for (const command of commands) symlinkSync(`../${command}.js`, join(staging, 'bin', command));
  writeFileSync(join(staging, FINGERPRINT_FILE), `${fingerprint}\n`);
  return [
    // A chunk is named by a hash of its content: two bundles may have the same one.
    ...new Set(files.map((file) => file.path)),
    ...commands.map((command) => `bin/${command}`),
    FINGERPRINT_FILE,
  ];
}

function inOrderOfUse(a, b) {
  return turn(a) - turn(b);
}

function turn(path) {
  if (path.startsWith('chunks/')) return 0;
  if (path.startsWith('bin/')) return 2;
  return path === FINGERPRINT_FILE ? 3 : 1;
}

function removeOthers(dist, kept) {
  for (const name of readdirSync(dist)) {
    if (['chunks', 'bin', 'man'].includes(name)) removeOthersIn(dist, name, kept);
    else if (!kept.has(name) && !isOfLiveBuild(name))
      rmSync(join(dist, name), { recursive: true, force: true });
  }
}

function removeOthersIn(dist, folder, kept) {
  for (const name of readdirSync(join(dist, folder))) {
    if (!kept.has(`${folder}/${name}`)) rmSync(join(dist, folder, name), { recursive: true, force: true });
  }
}

function isOfLiveBuild(name) {
  return name.startsWith(STAGING_PREFIX) && existsSync(`/proc/${name.slice(STAGING_PREFIX.length)}`);
}
