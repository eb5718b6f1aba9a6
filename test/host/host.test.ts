/** What the machine tells: who holds the lock, which process is meant, and who carries a name in its environment. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { isLocked, takeLock } from '../../src/host/lock.ts';
import {
  identifyProcess,
  isAlive,
  processesWithEnvironment,
  readBootId,
  readUptimeSeconds,
} from '../../src/host/process-identity.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { cleanUp, Daemon, makeKiosk, until } from '../controller/at-work.ts';

afterAll(cleanUp);

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(command: string, args: readonly string[], env: Record<string, string> = {}): number {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env }, stdio: 'ignore' });
  children.push(child);
  if (child.pid === undefined) throw new Error(`${command} did not start`);
  return child.pid;
}

describe('the lock', () => {
  test('is held by one, seen by others, and free again when given up', () => {
    const file = join(temporaryFolder(), 'lock.sqlite');
    expect(isLocked(file)).toBe(false);
    const lock = takeLock(file);
    expect(takeLock(file)).toBeUndefined();
    expect(isLocked(file)).toBe(true);
    lock?.release();
    expect(isLocked(file)).toBe(false);
    const again = takeLock(file);
    expect(isLocked(file)).toBe(true);
    again?.release();
  });

  test('is free as soon as its holder is killed', async () => {
    const kiosk = await makeKiosk();
    const daemon = await Daemon.start(kiosk);
    expect(isLocked(kiosk.layout.lockFile)).toBe(true);
    expect(takeLock(kiosk.layout.lockFile)).toBeUndefined();
    await daemon.send('SIGKILL');
    expect(isLocked(kiosk.layout.lockFile)).toBe(false);
  });

  test('is not disturbed by many who look at it', () => {
    const file = join(temporaryFolder(), 'lock.sqlite');
    takeLock(file)?.release();
    for (let index = 0; index < 20; index += 1) expect(isLocked(file)).toBe(false);
    const lock = takeLock(file);
    expect(isLocked(file)).toBe(true);
    lock?.release();
  });
});

describe('a process', () => {
  test('is known by boot, pid and start time, so that a pid that is used again is not it', async () => {
    const pid = start('sleep', ['300']);
    const identity = identifyProcess(pid);
    expect(identity).toMatchObject({ pid, bootId: readBootId() });
    if (!identity) throw new Error('not found');
    expect(isAlive(identity)).toBe(true);
    expect(isAlive({ ...identity, startTicks: identity.startTicks - 1 })).toBe(false);
    expect(isAlive({ ...identity, bootId: 'another' })).toBe(false);
    process.kill(pid, 'SIGKILL');
    await until('it to be gone', () => !isAlive(identity));
  });

  test('that is only a corpse is not alive', async () => {
    const pid = start('sh', ['-c', 'sleep 0.01 & exec sleep 300']);
    await until('the child to have ended', () => {
      const states = execFileSync('ps', ['-o', 'stat=,pid=', '--ppid', String(pid)], {
        encoding: 'utf8',
      }).trim();
      const [state = '', corpse = ''] = states.split(/\s+/);
      if (!state.startsWith('Z')) return false;
      expect(identifyProcess(Number(corpse))).toBeUndefined();
      return true;
    });
  });

  test('with any name, brackets and blanks too, is read right', async () => {
    const pid = start(process.execPath, [
      '-e',
      'process.title = "a) R 1 (b"; setInterval(() => undefined, 1000)',
    ]);
    await until('the name', () => {
      const identity = identifyProcess(pid);
      return identity !== undefined && identity.startTicks > 0 && Number.isInteger(identity.startTicks);
    });
    expect(identifyProcess(process.pid)?.startTicks).toBeLessThan(identifyProcess(pid)?.startTicks ?? 0);
  });

  test('is found by an exact assignment in its environment, not by a part of one', async () => {
    const nonce = 'ferryman-test-0123456789';
    const wanted = start('sleep', ['300'], { FERRYMAN_NONCE: nonce, OTHER: 'x' });
    start('sleep', ['300'], { FERRYMAN_NONCE: `${nonce}x` });
    start('sleep', ['300'], { X_FERRYMAN_NONCE: nonce });
    start('sleep', ['300'], { OTHER: `a FERRYMAN_NONCE=${nonce}` });
    start('sleep', [`300`, '0'], {});
    await until('the processes', () =>
      processesWithEnvironment(`FERRYMAN_NONCE=${nonce}`, process.pid).includes(wanted),
    );
    expect(processesWithEnvironment(`FERRYMAN_NONCE=${nonce}`, process.pid)).toEqual([wanted]);
    expect(processesWithEnvironment(`FERRYMAN_NONCE=${nonce}`, wanted)).toEqual([]);
  });
});

test('the uptime only goes forward', () => {
  const before = readUptimeSeconds();
  expect(before).toBeGreaterThan(0);
  expect(readUptimeSeconds()).toBeGreaterThanOrEqual(before);
});
