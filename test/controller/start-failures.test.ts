/** Scripts that cannot be started: proven not to have begun, no attempt used, tried again after pauses that grow. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunnerProgram } from '../../src/run/start-runner.ts';
import { programs, type Kiosk } from '../kit/kiosk.ts';
import { cleanUp, drop, makeKiosk, shortLogs, signed } from './at-work.ts';
import { withNode, type InProcess } from './in-process.ts';

afterAll(cleanUp);

const runnerFile = join(programs, '../runner.js');
const missingRunner: RunnerProgram = { interpreter: process.execPath, file: '/no/such/runner.js' };
const missingNode: RunnerProgram = { interpreter: '/no/such/node', file: runnerFile };

async function kioskWithUpdate(): Promise<Kiosk> {
  const kiosk = await makeKiosk();
  drop(kiosk, 'backhaul', 'a', signed({ script: `echo ran >>${kiosk.witness}` }));
  return kiosk;
}

/** A runner whose order is changed right before it reads it; `$2` is the order's path. */
function tampered(kiosk: Kiosk, lines: string): RunnerProgram {
  const interpreter = kiosk.file('node', `#!/bin/sh\n${lines}\nexec ${process.execPath} "$@"\n`);
  chmodSync(interpreter, 0o755);
  return { interpreter, file: runnerFile };
}

function runs(node: InProcess): (string | null)[] {
  return node.ledger.runs.of(node.update(1).digest).map(({ outcome }) => outcome);
}

describe('an update whose runner cannot load', () => {
  test.each([
    ['its file is missing', missingRunner, 'its runner ended before the script began'],
    ['node is missing', missingNode, '/no/such/node'],
  ])('(%s) waits with the reason and the time of the next try', async (_what, runner, why) => {
    const kiosk = await kioskWithUpdate();
    await withNode(kiosk, (node) => node.pass(), runner);
    const update = await kiosk.update(1);
    expect(update).toMatchObject({ state: 'waiting', attempts: 0, exitStatus: null, finishedAt: null });
    expect(update.reason).toContain('not started: ');
    expect(update.reason).toContain(why);
    expect((await kiosk.run('status')).stdout).toMatch(/again in (60|5\d) seconds: not started: /);
    expect((await kiosk.run('plan')).stdout).toMatch(/waiting.*not started: .*; again in (60|5\d) seconds/);
    expect(shortLogs(kiosk)).toEqual([]);
  });

  test('is tried again after a minute, then two, then four, at most an hour apart', async () => {
    const kiosk = await kioskWithUpdate();
    await withNode(
      kiosk,
      async (node) => {
        await node.pass();
        for (const seconds of [60, 120, 240, 480, 960, 1920, 3600, 3600]) {
          const before = runs(node).length;
          node.forward(seconds - 10);
          await node.pass();
          expect(runs(node)).toHaveLength(before);
          node.forward(11);
          await node.pass();
          expect(runs(node)).toHaveLength(before + 1);
        }
      },
      missingRunner,
    );
  });

  test('is tried at once when ferryman is started again, and then runs as its first attempt', async () => {
    const kiosk = await kioskWithUpdate();
    await withNode(kiosk, (node) => node.pass(), missingRunner);
    await kiosk.pass();
    expect(kiosk.witnessLines()).toEqual(['ran']);
    expect(await kiosk.update(1)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  test('does not hold up the others for long: they are tried in the same pass', async () => {
    const kiosk = await kioskWithUpdate();
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 2 }));
    await withNode(kiosk, (node) => node.pass(), missingRunner);
    expect((await kiosk.history()).updates.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  });
});

describe('when the system cannot start the script itself', () => {
  const bigOrder = `${process.execPath} -e '
    const fs = require("node:fs"), file = process.argv[1], order = JSON.parse(fs.readFileSync(file));
    order.environment.BIG = "x".repeat(4_000_000);
    fs.writeFileSync(file, JSON.stringify(order));' "$2"`;

  test.each([
    ['told by an event', 'rm -rf "$(dirname "$2")/tree"', 'ENOENT'],
    ['told at once', bigOrder, 'E2BIG'],
  ])('(%s) it is recorded as not started, uses no attempt, and runs later', async (_what, lines, code) => {
    const kiosk = await kioskWithUpdate();
    await withNode(
      kiosk,
      async (node) => {
        await node.pass();
        expect(runs(node)).toEqual(['not-started']);
        expect(node.update(1)).toMatchObject({ state: 'waiting', attempts: 0, exitStatus: null });
        expect(node.update(1).reason).toMatch(/not started: the system could not start the script: .*/);
        expect(node.update(1).reason).toContain(code);
      },
      tampered(kiosk, lines),
    );
    expect(kiosk.witnessLines()).toEqual([]);
    await kiosk.pass();
    expect(kiosk.witnessLines()).toEqual(['ran']);
    expect(await kiosk.update(1)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });
});
