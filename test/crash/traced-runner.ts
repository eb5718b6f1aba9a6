/**
 * A copy of the built programs whose runner has itself watched by strace before it loads the runner that was built. So a
 * runner can be killed before any one of its calls: it is started by the controller, and is gone with it, so strace
 * cannot start it.
 */
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programs } from '../kit/kiosk.ts';
import type { Step } from './steps.ts';

/** Calls of a runner that do something, from the order that it reads to its end. */
export const runnerCalls = [
  'openat',
  'pwrite64',
  'fdatasync',
  'close',
  'socketpair',
  'pipe2',
  'clone',
  'wait4',
  'kill',
  'exit_group',
] as const;

/** File in a node's root with strace's options for its runners. */
const optionsFile = 'strace-runners';

/** Has the next runner of a node, or every one, watched by strace. */
export function traceRunners(root: string, which: 'next' | 'every', options: readonly string[]): void {
  writeFileSync(join(root, optionsFile), JSON.stringify({ which, options }));
}

/** Options of strace that kill before a step. */
export function killing({ call, nth }: Pick<Step, 'call' | 'nth'>): string[] {
  return ['-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`];
}

/** The runner's step after its script has ended: the first is for the strace that it started. */
export const scriptIsSeenToEnd = { call: 'wait4', nth: 2 };

/** Lines of a runner's trace, once strace has written it out: a moment after the runner's end. */
export function readRunnerTrace(file: string): string[] {
  return readFileSync(file, 'latin1').split('\n');
}

const shim = `
const { spawn } = require('node:child_process');
const { mkdirSync, openSync, readFileSync, readSync, rmSync } = require('node:fs');

const [root] = process.argv[2].split('/var/lib/ferryman/');
const file = root + '/${optionsFile}';
let order;
try {
  order = JSON.parse(readFileSync(file, 'utf8'));
} catch {}
if (order) {
  if (order.which === 'next') rmSync(file);
  const fd = openSync('/proc/self/status', 'r');
  const status = Buffer.alloc(4096);
  const isUntraced = () => /^TracerPid:\\t0$/m.test(status.toString('latin1', 0, readSync(fd, status, 0, 4096, 0)));
  // It attaches when it has been let in, by a call that is not counted: else it would sometimes see, and count, the last
  // calls of its own start. Without the environment of the run: it is no process of it.
  const gate = file + '.' + process.pid;
  const attach = 'until [ -d "$0" ]; do sleep 0.01; done; exec /usr/bin/strace "$@"';
  const args = ['-c', attach, gate, '-p', String(process.pid), ...order.options];
  spawn('/bin/sh', args, { env: {}, stdio: 'ignore', detached: true }).unref();
  mkdirSync(gate);
  while (isUntraced());
}
require('./runner-built.js');
`;

/** Makes the copy in a folder. @returns where it is; native packages are found as before */
export function distWithTracedRunner(folder: string): string {
  const built = dirname(programs);
  const dist = join(folder, 'dist');
  mkdirSync(dist);
  cpSync(built, dist, { recursive: true, verbatimSymlinks: true });
  symlinkSync(join(built, '../node_modules'), join(folder, 'node_modules'));
  renameSync(join(dist, 'runner.js'), join(dist, 'runner-built.js'));
  writeFileSync(join(dist, 'runner.js'), shim);
  return dist;
}
