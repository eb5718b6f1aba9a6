/**
 * Every write, sync, name and folder of a pass refused with "no space left on device" (by strace): whatever the disk refuses
 * when, nothing starts twice, nothing is lost, and the next pass comes to the same end.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { CrashNode, witnessedUpdate } from '../crash/crash-node.ts';
import { FinishedRecords, isAtRest, isKept, readRecords, unsettled } from '../crash/invariants.ts';
import { spread } from '../crash/spread.ts';
import { canTrace, recordSteps, refuseFrom, thinned, walk } from '../crash/steps.ts';
import { endProcessesUnder, straysUnder } from '../crash/strays.ts';
import { readWitness } from '../crash/witness.ts';

const everything = temporaryFolder();
const update = witnessedUpdate({ sequence: 1 });
const pass = ['run', '--once'];
let fresh: CrashNode;

beforeAll(async () => {
  fresh = await CrashNode.make(everything);
});

afterAll(() => {
  endProcessesUnder(everything);
  removeFolders();
});

describe.skipIf(!canTrace)('a disk that is full from any step on (needs strace)', () => {
  test('a pass ends in words, and the next one comes to the same end: one start, succeeded, nothing left', async () => {
    const model = fresh.copy();
    model.drop(update);
    const recorded = await recordSteps(model.command(pass), [
      'write',
      'pwrite64',
      'fsync',
      'rename',
      'mkdir',
      'ftruncate',
    ]);
    const steps = spread(
      thinned(recorded).filter(({ text }) => text.includes(model.root)),
      16,
    );
    let refused = 0;
    const failures = await walk(steps, async (step) => {
      const node = fresh.copy();
      node.drop(update);
      const finished = new FinishedRecords(node.layout);
      const { text, exitCode, stderr } = await refuseFrom(node.command(pass), step, 'ENOSPC');
      if (text !== '') refused += 1;
      const violations = finished.look();
      if (!isKept(node.layout, update.bytes, update.digest)) violations.push('the parcel is lost');
      // Node's own wake-ups are writes too. No disk refuses them, and Node does not survive it: a crash like any other.
      const isOfNode = /<pipe:|eventfd|<socket:/.test(text);
      if (!isOfNode && (stderr.includes('internal.bug') || ![0, 74].includes(exitCode ?? -1)))
        violations.push(`the pass ended with ${exitCode}: ${stderr}`);
      for (let passes = 0; passes < 3; passes++) {
        await node.run('outbox', '--retry'); // a sink that failed is left alone for a while
        const next = await node.run(...pass);
        if (next.exitCode !== 0) violations.push(`the next pass ended with ${next.exitCode}: ${next.stderr}`);
        violations.push(...finished.look());
        if (readRecords(node.layout).updates.every(isAtRest)) break;
      }
      violations.push(...unsettled(node.layout, [1]));
      const [row] = readRecords(node.layout).updates;
      if (row?.state !== 'succeeded' || readWitness(node.root).starts.length !== 1)
        violations.push(`it is ${row?.state}, started ${readWitness(node.root).starts.length} times`);
      node.remove();
      return violations;
    });
    expect(failures).toEqual([]);
    expect(refused).toBeGreaterThanOrEqual(steps.length - 4);
  }, 240_000);
});

test('nothing is left on the machine: no process, no mount', async () => {
  expect(await straysUnder(everything)).toEqual([]);
});
