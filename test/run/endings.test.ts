/** How a script ends, what is recorded of it, and what happens next. Spec: docs/scripts.md, "How a run ends". */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HistoryUpdate, Kiosk } from '../kit/kiosk.ts';
import type { Draft } from '../kit/office.ts';
import { withNode } from '../controller/in-process.ts';
import { cleanUp, drop, makeKiosk, shortLogs, signed, signedFiles } from '../controller/at-work.ts';

afterAll(cleanUp);

/** Runs the drafts as updates 1, 2, … of one kiosk in one pass; returns what the history says, in that order. */
async function runAll(parcels: readonly Buffer[]): Promise<{ kiosk: Kiosk; updates: HistoryUpdate[] }> {
  const kiosk = await makeKiosk();
  for (const [index, parcel] of parcels.entries()) drop(kiosk, 'backhaul', `${index}.zip`, parcel);
  expect((await kiosk.pass()).exitCode).toBe(0);
  const { updates } = await kiosk.history();
  return { kiosk, updates: updates.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0)) };
}

function scripts(texts: readonly string[], draft: Draft = {}): Buffer[] {
  return texts.map((script, index) => signed({ ...draft, sequence: index + 1, script }));
}

describe('an exit status', () => {
  const failures = [1, 2, 74, 76, 128, 143, 255];
  let kiosk: Kiosk;
  let updates: HistoryUpdate[];
  beforeAll(async () => {
    const texts = [0, ...failures].map((status) => `echo ran >>$FERRYMAN_ROOT/witness; exit ${status}`);
    ({ kiosk, updates } = await runAll(scripts([...texts, 'exit 75'])));
  });

  test('0 is recorded as succeeded', () => {
    expect(updates[0]).toMatchObject({ state: 'succeeded', exitStatus: 0, signal: null, attempts: 1 });
    expect(updates[0]?.reason).toMatch(/^exit 0 after \d+\.\d s$/);
  });

  test.each(failures)('%i is recorded as failed', (status) => {
    const update = updates.find((one) => one.exitStatus === status);
    expect(update).toMatchObject({ state: 'failed', signal: null, attempts: 1 });
    expect(update?.reason).toMatch(new RegExp(`^exit ${status} after`));
  });

  test('75 is recorded as deferred, and uses no attempt', () => {
    expect(updates.at(-1)).toMatchObject({
      state: 'deferred',
      exitStatus: 75,
      attempts: 0,
      finishedAt: null,
    });
  });

  test('once recorded ends the matter: another pass runs nothing', async () => {
    expect(kiosk.witnessLines()).toHaveLength(1 + failures.length);
    await kiosk.pass();
    expect(kiosk.witnessLines()).toHaveLength(1 + failures.length);
  });
});

test('a signal that nobody of ours sent is recorded by its name, as failed, with no exit status', async () => {
  const signals = ['KILL', 'TERM', 'SEGV', 'HUP', 'INT', 'PIPE'];
  const { updates } = await runAll(scripts(signals.map((signal) => `kill -${signal} $$`)));
  for (const [index, signal] of signals.entries()) {
    expect(updates[index]).toMatchObject({
      state: 'failed',
      exitStatus: null,
      signal: `SIG${signal}`,
      attempts: 1,
    });
    expect(updates[index]?.reason).toMatch(new RegExp(`^ended by SIG${signal} after`));
  }
});

describe('a script that cannot be started', () => {
  let kiosk: Kiosk;
  let updates: HistoryUpdate[];
  beforeAll(async () => {
    const tools: [string, 0o644 | 0o755][] = [
      ['#!/bin/sh\nexit 0\n', 0o644],
      ['#!/opt/no/such/interpreter\nexit 0\n', 0o755],
      ['#!/bin/sh\r\nexit 0\r\n', 0o755],
      ['\u007fELF\u0002\u0001\u0001 and nothing more', 0o755],
      ['exit 3\n', 0o755],
    ];
    const parcels = tools.map((tool, index) =>
      signedFiles({ sequence: index + 1, terms: { path: 'tool' } }, { tool }),
    );
    ({ kiosk, updates } = await runAll(parcels));
  });

  async function output(sequence: number): Promise<string> {
    return (await kiosk.run('log', String(sequence), '--output')).stdout;
  }

  test('because it is not executable fails with 126 and says so', async () => {
    expect(updates[0]).toMatchObject({ state: 'failed', exitStatus: 126, attempts: 1 });
    expect(updates[0]?.reason).toContain('the script cannot be executed');
    expect(await output(1)).toMatch(/permission denied/i);
  });

  test('because its interpreter is missing fails with 127 and says so', async () => {
    expect(updates[1]).toMatchObject({ state: 'failed', exitStatus: 127, attempts: 1 });
    expect(updates[1]?.reason).toContain('the script or its interpreter was not found');
    expect(await output(2)).toMatch(/not found/i);
  });

  test('because its interpreter line ends as in DOS fails with 127', () => {
    expect(updates[2]).toMatchObject({ state: 'failed', exitStatus: 127 });
  });

  test('because it is no program at all fails', () => {
    expect(updates[3]?.state).toBe('failed');
    expect(updates[3]?.exitStatus).toBeGreaterThan(0);
  });

  test('is not one without an interpreter line: the shell reads it', () => {
    expect(updates[4]).toMatchObject({ state: 'failed', exitStatus: 3 });
  });
});

test('in a shutdown of the machine, TERM and KILL are interruptions; any other end is what it is', async () => {
  // Here the script plays the system, which sends SIGTERM to everything.
  const ends = ['kill -TERM $$', 'kill -KILL $$', 'exit 0', 'exit 4', 'kill -SEGV $$'];
  const { updates } = await runAll(scripts(ends.map((end) => `kill -TERM $PPID; sleep 0.3; ${end}`)));
  expect(updates).toMatchObject([
    { state: 'interrupted', exitStatus: null, signal: 'SIGTERM', attempts: 1 },
    { state: 'interrupted', exitStatus: null, signal: 'SIGKILL', attempts: 1 },
    { state: 'succeeded', exitStatus: 0, signal: null },
    { state: 'failed', exitStatus: 4, signal: null },
    { state: 'failed', exitStatus: null, signal: 'SIGSEGV' },
  ]);
  expect(updates[0]?.reason).toContain('shutting down');
});

describe('a script that exits 75', () => {
  test('is tried again after the pause, with the same attempt number', async () => {
    const kiosk = await makeKiosk({ config: '[run]\ndeferFirstSeconds = 1' });
    const script = `echo attempt $FERRYMAN_ATTEMPT >>${kiosk.witness}; [ -e ${kiosk.root}/ready ] || exit 75`;
    expect((await kiosk.apply(signed({ script }))).exitCode).toBe(75);
    kiosk.file('../ready', '');
    await sleep(1100);
    expect((await kiosk.pass()).exitCode).toBe(0);
    expect(kiosk.witnessLines()).toEqual(['attempt 1', 'attempt 1']);
    expect(await kiosk.update(1)).toMatchObject({ state: 'succeeded', exitStatus: 0, attempts: 1 });
  });

  test('waits twice as long each time, up to the longest pause', async () => {
    const kiosk = await makeKiosk({ config: '[run]\ndeferFirstSeconds = 10\ndeferMaxSeconds = 35' });
    drop(kiosk, 'backhaul', 'a', signed({ script: `echo tried >>${kiosk.witness}; exit 75` }));
    await withNode(kiosk, async (node) => {
      await node.pass();
      for (const [index, pause] of [10, 20, 35, 35].entries()) {
        node.forward(pause - 3);
        await node.pass();
        expect(kiosk.witnessLines(), `three seconds before pause ${index + 1} is over`).toHaveLength(
          index + 1,
        );
        node.forward(3);
        await node.pass();
        expect(kiosk.witnessLines(), `after pause ${index + 1}`).toHaveLength(index + 2);
      }
    });
  });

  test('still waits after ferryman was started again, but no longer after a reboot', async () => {
    const kiosk = await makeKiosk();
    drop(kiosk, 'backhaul', 'a', signed({ script: `echo tried >>${kiosk.witness}; exit 75` }));
    await withNode(kiosk, (node) => node.pass());
    await withNode(kiosk, async (node) => {
      await node.pass();
      expect(kiosk.witnessLines()).toHaveLength(1);
      node.reboot();
      await node.pass();
      expect(kiosk.witnessLines()).toHaveLength(2);
    });
  });

  test('for the 20th time has failed, and is reported the first time and then', async () => {
    const kiosk = await makeKiosk({ config: '[run]\ndeferFirstSeconds = 1\ndeferMaxSeconds = 1' });
    drop(kiosk, 'backhaul', 'a', signed({ script: `echo tried >>${kiosk.witness}; exit 75` }));
    await withNode(kiosk, async (node) => {
      for (let time = 1; time <= 19; time += 1) {
        await node.pass();
        expect(node.update(1)).toMatchObject({ state: 'deferred', deferrals: time, attempts: 0 });
        node.forward(2);
      }
      await node.pass();
      expect(node.update(1)).toMatchObject({ state: 'failed', exitStatus: 75, attempts: 0 });
      expect(node.update(1).reason).toContain('deferred 20 times');
      node.forward(100_000);
      await node.pass();
    });
    expect(kiosk.witnessLines()).toHaveLength(20);
    expect(shortLogs(kiosk)).toEqual([
      expect.stringContaining('deferred'),
      expect.stringContaining('failed: deferred 20 times'),
    ]);
  });

  test('does not hold up others, and blocks what requires it', async () => {
    const kiosk = await makeKiosk();
    const script = (name: string, status: number): string =>
      `echo ${name} >>${kiosk.witness}; exit ${status}`;
    drop(kiosk, 'backhaul', '1', signed({ sequence: 1, script: script('one', 75) }));
    const requires = [{ first: 1, last: 1 }];
    drop(kiosk, 'backhaul', '2', signed({ sequence: 2, script: script('two', 0), requires }));
    drop(kiosk, 'backhaul', '3', signed({ sequence: 3, script: script('three', 0) }));
    await withNode(kiosk, async (node) => {
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['one', 'three']);
      expect(node.update(2)).toMatchObject({ state: 'waiting', reason: 'requires 1, which is deferred' });
    });
  });
});
