/** Memory does not grow with what is taken in: at most 64 MiB above a bare Node, by the kernel's count. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { programs, removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterEach(removeFolders);

const maxAboveBareKib = 64 * 1024;

/** Runs Node in a folder. @returns the peak of its memory in KiB */
function peakOf(folder: string, args: readonly string[]): number {
  const report = join(folder, 'peak');
  const probe = join(folder, 'probe.cjs');
  // Of this process alone: what wait4(2) tells also counts the large process that it was forked from.
  writeFileSync(
    probe,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(report)}, require('fs').readFileSync('/proc/self/status')))`,
  );
  execFileSync(process.execPath, ['--require', probe, ...args], { cwd: folder, stdio: 'pipe' });
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(report, 'utf8'))?.[1]);
}

/** A node in `root` that trusts the office of the parcel `update.zip`, which holds these files. */
function makeUpdate(files: Iterable<readonly [path: string, contents: Buffer]>): string {
  const folder = temporaryFolder();
  const run = (program: string, ...args: string[]): Buffer =>
    execFileSync(process.execPath, [join(programs, '..', `${program}.js`), ...args], {
      cwd: folder,
      stdio: 'pipe',
    });
  mkdirSync(join(folder, 'tree'));
  writeFileSync(join(folder, 'tree/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  for (const [path, contents] of files) writeFileSync(join(folder, 'tree', path), contents);
  run('sign-update', 'keygen', 'office', '--no-passphrase');
  const about = ['--key', 'office.key', '--sequence', '1', '--to', 'all', '--script', 'run.sh'];
  run('sign-update', 'sign', 'tree', ...about, '-o', 'update.zip');
  run('ferryman', 'init', '--root', 'root', '--role', 'kiosk', '--office-key', 'office.pub');
  return folder;
}

function* smallFiles(count: number): Generator<readonly [string, Buffer]> {
  for (let index = 0; index < count; index++) yield [`file-${index}`, Buffer.from(`contents ${index}`)];
}

const apply = [join(programs, '../ferryman.js'), 'apply', 'update.zip', '--root', 'root'];

test.each([
  ['one file of 200 MB', () => [['large', Buffer.alloc(200e6, 'forty-two')] as const]],
  ['20,000 files', () => smallFiles(20_000)],
])('applying %s takes at most 64 MiB more than a bare Node', (_, files) => {
  const folder = makeUpdate(files());
  const bare = peakOf(folder, ['-e', '0']);
  expect(peakOf(folder, apply) - bare).toBeLessThanOrEqual(maxAboveBareKib);
});
