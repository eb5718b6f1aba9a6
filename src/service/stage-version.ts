/**
 * Puts a new version of ferryman beside the old one, whole and on the disk, and has it tried out at the next start.
 *
 * The old version is not touched. Before anything is changed the new one must start and tell its version.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { makeFolder, syncFolder } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { identifyProcess } from '../host/process-identity.ts';
import { versionNames } from './version-links.ts';
import type { AboutVersion } from './versions.ts';

/** Starts in which a version on trial must complete one pass. */
const trialStarts = 3;

const startMs = 120_000;

export interface Origin {
  /** A folder with `bin/ferryman`, an executable file, or a Debian package. */
  readonly source: string;
  /** The update whose script brings it. */
  readonly sequence: number | null;
  /** PATH for the new version and for dpkg-deb. */
  readonly path: string;
}

/** @returns what the new version says of itself. @throws FerrymanError `self-update.refused`, with nothing changed */
export async function stageVersion(versions: string, origin: Origin): Promise<AboutVersion> {
  makeFolder(versions, 0o700);
  sweepDrafts(versions);
  const draft = mkdtempSync(join(versions, `.draft-${process.pid}-`));
  try {
    const tree = join(draft, 'version');
    await copyProgram(origin, draft, tree);
    const about = { version: await askVersion(tree, origin), sequence: origin.sequence };
    rmSync(join(tree, versionNames.about), { force: true }); // it may be a link to elsewhere
    writeFileSync(join(tree, versionNames.about), JSON.stringify(about));
    putTickets(join(tree, versionNames.tickets));
    syncTree(tree);
    const name = `${about.version}-${randomBytes(4).toString('hex')}`;
    renameSync(tree, join(versions, name));
    syncFolder(versions);
    symlinkSync(name, join(draft, versionNames.trial));
    renameSync(join(draft, versionNames.trial), join(versions, versionNames.trial));
    syncFolder(versions);
    return about;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Anew, should it be a version that was tried out before. */
function putTickets(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (let start = 1; start <= trialStarts; start++) writeFileSync(join(folder, `start-${start}`), '');
}

/** What one that was cut off has left. */
function sweepDrafts(versions: string): void {
  for (const name of readdirSync(versions)) {
    const writer = /^\.draft-(\d+)-/.exec(name)?.[1];
    if (writer !== undefined && !identifyProcess(Number(writer)))
      rmSync(join(versions, name), { recursive: true, force: true });
  }
}

async function copyProgram({ source, path }: Origin, draft: string, tree: string): Promise<void> {
  if (source.endsWith('.deb')) {
    const unpacked = join(draft, 'package');
    const { failed, shortMessage, stderr } = await execa('dpkg-deb', ['-x', source, unpacked], {
      reject: false,
      env: { PATH: path },
      extendEnv: false,
    });
    if (failed) throw refused(`${source}: expected a Debian package: ${stderr || shortMessage}`);
    const program = join(unpacked, 'usr/lib/ferryman');
    if (!existsSync(program)) throw refused(`${source}: expected usr/lib/ferryman in it, found none`);
    renameSync(program, tree);
  } else if (lstatSync(source).isDirectory()) {
    cpSync(source, tree, { recursive: true, verbatimSymlinks: true });
  } else {
    mkdirSync(join(tree, 'bin'), { recursive: true });
    copyFileSync(source, join(tree, 'bin/ferryman'));
    chmodSync(join(tree, 'bin/ferryman'), 0o755);
  }
  chmodSync(tree, 0o755);
  linkCommand(tree);
}

/** A parcel holds no links, so a folder from one may lack `bin/ferryman`: then it is made. */
function linkCommand(tree: string): void {
  const command = join(tree, 'bin/ferryman');
  const target = ['ferryman.js', 'ferryman'].find((name) => existsSync(join(tree, name)));
  if (existsSync(command) || target === undefined) return;
  mkdirSync(join(tree, 'bin'), { recursive: true });
  chmodSync(join(tree, target), 0o755);
  symlinkSync(`../${target}`, command);
}

async function askVersion(tree: string, { source, path }: Origin): Promise<string> {
  const command = join(tree, 'bin/ferryman');
  if (!existsSync(command)) throw refused(`${source}: expected bin/ferryman in it, found none`);
  const { exitCode, stdout, stderr, shortMessage } = await execa(command, ['--version'], {
    reject: false,
    stdin: 'ignore',
    env: { PATH: path },
    extendEnv: false,
    timeout: startMs,
  });
  if (exitCode !== 0 || !/^[\w.+-]{1,60}$/.test(stdout))
    throw refused(
      `${source}: expected it to start and tell its version: ${stderr.trim().split('\n').at(-1) || shortMessage || stdout}`,
    );
  return stdout;
}

function refused(message: string): FerrymanError {
  return new FerrymanError('self-update.refused', message);
}

function syncTree(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  if (stat.isDirectory()) for (const name of readdirSync(path)) syncTree(join(path, name));
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
