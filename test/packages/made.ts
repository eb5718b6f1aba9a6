/** Makes the packages as a person would, by one command each, and from them a later version of each. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');

export const { version } = manifest;

/** As long as {@link version}, so that it can be put in its place. */
export const laterVersion = `${version.slice(0, -1)}9`;

/** @returns the path of the Debian package. `env` and `umask` are the builder's */
export function makeDeb(env: Record<string, string> = {}, umask = '022'): string {
  execFileSync('sh', ['-c', `umask ${umask}; npm run --silent package:deb`], {
    cwd: root,
    stdio: 'pipe',
    env: { ...process.env, ...env },
  });
  const name = readdirSync(join(root, 'build')).find((each) => each.startsWith(`ferryman_${version}_`));
  return join(root, 'build', name ?? 'none');
}

export function makeExecutable(): string {
  execFileSync('npm', ['run', '--silent', 'package:sea'], { cwd: root, stdio: 'pipe' });
  return join(root, 'build/ferryman');
}

/** The same package as a later release would be. Packed loosely, to be quick. */
export function laterDeb(deb: string, folder: string): string {
  const tree = join(folder, 'later');
  execFileSync('dpkg-deb', ['--raw-extract', deb, tree]);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(
    control,
    readFileSync(control, 'utf8').replace(`Version: ${version}\n`, `Version: ${laterVersion}\n`),
  );
  const chunks = join(tree, 'usr/lib/ferryman/dist/chunks');
  const text = `version: "${version}"`;
  const chunk = readdirSync(chunks).find((name) => readFileSync(join(chunks, name)).includes(text)) ?? 'none';
  const later = chunk.replace(/-[^-]*\.js$/, '-Later.js');
  replaceOnce(join(chunks, chunk), text, `version: "${laterVersion}"`);
  // As in a real release: a chunk of other content has another name, and the old one goes while its program may run.
  renameSync(join(chunks, chunk), join(chunks, later));
  execFileSync('sh', ['-c', `grep -rl ${chunk} . | xargs sed -i s/${chunk}/${later}/`], {
    cwd: join(tree, 'usr/lib/ferryman/dist'),
  });
  execFileSync('sh', ['-c', 'find usr -type f -print0 | xargs -0 md5sum >DEBIAN/md5sums'], { cwd: tree });
  const made = join(folder, 'later.deb');
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, made], { stdio: 'pipe' });
  return made;
}

/** The same executable as a later release would be. */
export function laterExecutable(executable: string, folder: string): string {
  const made = join(folder, 'ferryman.later');
  copyFileSync(executable, made);
  replaceOnce(made, `version: "${version}"`, `version: "${laterVersion}"`);
  return made;
}

function replaceOnce(file: string, from: string, to: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(from);
  if (at === -1 || bytes.includes(from, at + 1)) throw new Error(`${file}: expected ${from} once`);
  bytes.write(to, at);
  writeFileSync(file, bytes);
}
