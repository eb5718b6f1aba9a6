import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Hook } from '../../../src/usb/show/hook.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { phases } from './phases.ts';

afterAll(removeFolders);

const node = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';

interface Program {
  readonly folder: string;
  readonly told: string[];
  readonly hook: Hook;
  /** What it was told, a line for each call. */
  readonly calls: () => string[];
}

/** @param body in a shell, with `$folder` */
function program(body: string, timeoutSeconds = 20): Program {
  const folder = temporaryFolder();
  const path = join(folder, 'program');
  writeFileSync(path, `#!/bin/sh\nfolder=${folder}\n${body}\n`);
  chmodSync(path, 0o755);
  const told: string[] = [];
  return {
    folder,
    told,
    hook: new Hook({ command: [path, 'first'], node, timeoutSeconds }, (problem) => told.push(problem)),
    calls: () => {
      const file = join(folder, 'calls');
      return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    },
  };
}

const note = 'echo "$# $1 $2 [$3] $(cat)" >>$folder/calls';

test('a program is told every phase: kind and code as arguments, the words on standard input', async () => {
  const { hook, calls, told } = program(note);
  for (const phase of Object.values(phases)) {
    const before = calls().length;
    hook.set(phase);
    await until(() => calls().length > before);
  }
  expect(calls()).toEqual(
    Object.values(phases).map(({ kind, code = '', text }) => `3 first ${kind} [${code}] ${text}`),
  );
  await hook.close();
  expect(told).toEqual([]);
});

test('its environment is built from nothing', async () => {
  const { hook, folder } = program(
    'env | cut -d= -f1 | sort >$folder/env.part; mv $folder/env.part $folder/env',
  );
  hook.set(phases.safe);
  await until(() => existsSync(join(folder, 'env')));
  const names = readFileSync(join(folder, 'env'), 'utf8').split('\n').filter(Boolean);
  const ofTheShell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
  expect(names.filter((name) => !ofTheShell.includes(name))).toEqual([
    'FERRYMAN_NODE',
    'HOME',
    'LANG',
    'PATH',
  ]);
  await hook.close();
});

test('percentages call nobody', async () => {
  const { hook, calls } = program(note);
  for (let percent = 0; percent <= 100; percent++) {
    hook.set({ ...phases.reading, percent });
    await pause(1);
  }
  hook.set(phases.safe);
  await until(() => calls().length > 1);
  expect(calls().map((line) => line.split(' ')[2])).toEqual(['reading', 'safe']);
  await hook.close();
});

test('one runs at a time, and after a slow one comes the newest phase, not all that were missed', async () => {
  const { hook, calls, folder } = program(
    `mkdir $folder/busy || echo two at once >>$folder/calls\n${note}\nwhile [ ! -e $folder/go ]; do sleep 0.02; done\nrmdir $folder/busy`,
  );
  hook.set(phases.plugged);
  await until(() => calls().length === 1);
  for (const kind of ['reading', 'safe', 'running', 'done'] as const) hook.set(phases[kind]);
  writeFileSync(join(folder, 'go'), '');
  await until(() => calls().length === 2 && !existsSync(join(folder, 'busy')));
  await hook.close();
  expect(calls().map((line) => line.split(' ')[2])).toEqual(['plugged', 'done']);
});

test('one that hangs is ended with all that it has started, told, and the next phase is told to it', async () => {
  const { hook, calls, told, folder } = program(
    `${note}\n[ "$2" = safe ] && exit 0\nsleep 1000 & echo $! >$folder/child; wait`,
    0.3,
  );
  hook.set(phases.reading);
  await until(() => calls().length === 1);
  hook.set(phases.safe);
  await until(() => calls().length === 2);
  await hook.close();
  expect(told).toEqual([expect.stringMatching(/^hook \S+: no end within 0.3 s$/)]);
  await until(() => !isRunning(Number(readFileSync(join(folder, 'child'), 'utf8'))));
});

test('one that fails, or is not there, is told with its last words; the same failure is told once', async () => {
  const { hook, calls, told } = program(`${note}\necho "no \\033[31m bell" >&2; exit 3`);
  for (const kind of ['plugged', 'reading', 'safe'] as const) {
    const before = calls().length;
    hook.set(phases[kind]);
    await until(() => calls().length > before);
    await until(() => told.length > 0);
  }
  await hook.close();
  expect(told).toEqual([expect.stringMatching(/^hook \S+: exit status 3: no \\u\{1b\}\[31m bell$/)]);

  const missing: string[] = [];
  const none = new Hook({ command: ['/nowhere/bell'], node, timeoutSeconds: 5 }, (problem) =>
    missing.push(problem),
  );
  none.set(phases.safe);
  await until(() => missing.length > 0);
  await none.close();
  expect(missing).toEqual([expect.stringMatching(/ENOENT/)]);
});

test('closing ends one that is at work at once, and says nothing of it', async () => {
  const { hook, calls, told } = program(`${note}\nsleep 1000`);
  hook.set(phases.reading);
  await until(() => calls().length === 1);
  hook.set(phases.safe);
  await hook.close();
  hook.set(phases.done);
  expect(calls().length).toBe(1);
  expect(told).toEqual([]);
});

test('without a command nothing is run', async () => {
  const told: string[] = [];
  const hook = new Hook({ command: [], node, timeoutSeconds: 5 }, (problem) => told.push(problem));
  hook.set(phases.safe);
  await hook.close();
  expect(told).toEqual([]);
});

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !isSo(); await pause(5))
    if (Date.now() > end) throw new Error('waited 30 s in vain');
}
