/** A controller that picks up what a killed one left, and is killed itself before any durable step of that. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { CrashNode, programFile, witnessedUpdate, type TestParcel } from './crash-node.ts';
import { FinishedRecords, readRecords, unsettled } from './invariants.ts';
import { mustBe, mustHaveBegun, pass, restart } from './restart.ts';
import { spread } from './spread.ts';
import { canTrace, diskCalls, killBefore, recordSteps, thinned, walk } from './steps.ts';
import { endProcessesUnder, straysUnder } from './strays.ts';
import { distWithTracedRunner, killing, scriptIsSeenToEnd, traceRunners } from './traced-runner.ts';
import { readWitness } from './witness.ts';

const patienceMs = 240_000;
const reported = witnessedUpdate({ sequence: 1 });
const rerun = witnessedUpdate({ sequence: 2, terms: { onInterrupt: 'rerun', maxAttempts: 2 } });

/** With a node set up in it. */
let fresh: CrashNode;
let tracedDist: string;
const everything = temporaryFolder();

beforeAll(async () => {
  fresh = await CrashNode.make(everything);
  tracedDist = distWithTracedRunner(everything);
});

afterAll(() => {
  endProcessesUnder(everything);
  removeFolders();
});

describe.skipIf(!canTrace)('after a kill (needs strace)', () => {
  test(
    'a runner that is killed in every attempt is started as often as the manifest says, and no more',
    async () => {
      const node = fresh.copy();
      node.drop(rerun);
      traceRunners(node.root, 'every', killing(scriptIsSeenToEnd));
      const finished = new FinishedRecords(node.layout);
      const violations = [
        ...(await restart(node, finished, tracedDist)),
        ...(await restart(node, finished, tracedDist)),
      ];
      expect([
        ...violations,
        ...unsettled(node.layout, [2]),
        ...mustBe(node, rerun, 'interrupted'),
        ...mustHaveBegun(node, 2),
      ]).toEqual([]);
    },
    patienceMs,
  );

  test.each([
    { what: 'whose runner is dead', update: reported, isRunnerKilled: true, state: 'interrupted', starts: 1 },
    {
      what: 'whose runner is dead, to be run again,',
      update: rerun,
      isRunnerKilled: true,
      state: 'succeeded',
      starts: 2,
    },
    {
      what: 'that has ended meanwhile',
      update: reported,
      isRunnerKilled: false,
      state: 'succeeded',
      starts: 1,
    },
  ])(
    'the controller that picks up a run $what comes to the same end: $state',
    async ({ update, isRunnerKilled, state, starts }) => {
      const model = await cutOffNode(update, isRunnerKilled);
      const steps = await recordSteps(model.copy().command(pass), [...diskCalls, 'clone']);
      const failures = await walk(spread(thinned(steps), 8), async (step) => {
        const node = model.copy();
        const finished = new FinishedRecords(node.layout);
        const violations = finished.look();
        await killBefore(node.command(pass), step);
        violations.push(
          ...(await restart(node, finished)),
          ...unsettled(node.layout, [update.sequence]),
          ...mustBe(node, update, state),
          ...mustHaveBegun(node, starts),
        );
        node.remove();
        return violations;
      });
      expect(failures).toEqual([]);
    },
    patienceMs,
  );
});

test('nothing is left on the machine: no process, no mount', async () => {
  expect(await straysUnder(everything)).toEqual([]);
});

/** A node whose controller was killed while the script ran; the runner was killed too, or has brought it to its end. */
async function cutOffNode(update: TestParcel, isRunnerKilled: boolean): Promise<CrashNode> {
  const node = fresh.copy();
  node.drop(update);
  if (isRunnerKilled) traceRunners(node.root, 'next', killing(scriptIsSeenToEnd));
  const controller = execa(
    process.execPath,
    [programFile('ferryman', tracedDist), ...pass, '--root', node.root],
    { reject: false, stdin: 'ignore' },
  );
  while (readWitness(node.root).starts.length === 0) await sleep(5);
  controller.kill('SIGKILL');
  await controller;
  expect(await straysUnder(node.root)).toEqual([]);
  expect(readRecords(node.layout).runs.map((run) => run.state)).toEqual(['running']);
  return node;
}
