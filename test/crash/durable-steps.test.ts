/**
 * `kill -9` before every durable step of the controller and of the runner, then another start: whatever was killed when,
 * the same end is reached.
 *
 * The steps are not listed here: a first run is recorded by strace, and the tests walk what was recorded.
 */
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunOutcome } from '../../src/run/outcome.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { CrashNode, witnessedUpdate, type TestParcel } from './crash-node.ts';
import { FinishedRecords, isKept, readRecords, unsettled } from './invariants.ts';
import {
  canTrace,
  diskCalls,
  killBefore,
  parseSteps,
  recordSteps,
  thinned,
  traced,
  walk,
  type Step,
} from './steps.ts';
import { spread } from './spread.ts';
import { endProcessesUnder, processesUnder, straysUnder } from './strays.ts';
import { mustBe, mustHaveBegun, pass, restart } from './restart.ts';
import {
  distWithTracedRunner,
  killing,
  readRunnerTrace,
  runnerCalls,
  traceRunners,
} from './traced-runner.ts';

const patienceMs = 240_000;
const reported = witnessedUpdate({ sequence: 1 });
/** Their scripts take so long that another start finds them at work. */
const slow = witnessedUpdate({ sequence: 3 }, { sleepMs: 500 });
const slowRerun = witnessedUpdate(
  { sequence: 4, terms: { onInterrupt: 'rerun', maxAttempts: 2 } },
  { sleepMs: 400 },
);

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

describe.skipIf(!canTrace)('killed before any durable step (needs strace)', () => {
  test(
    'the controller comes to the same end: one start, succeeded, nothing left',
    async () => {
      const model = fresh.copy();
      model.drop(reported);
      const steps = await recordSteps(model.command(pass), [...diskCalls, 'clone']);
      // The walk meets what it should: the copy, the ledger, the release, the run, its start and its logs.
      const sights = [
        'inbox',
        'ledger.sqlite-wal',
        'relay/updates',
        'unlink("',
        'order.json',
        'status',
        'clone(',
        '"go\\n"',
        'output.log',
        'short.log',
      ];
      expect(sights.filter((sight) => !steps.some(({ text }) => text.includes(sight)))).toEqual([]);

      let killed = 0;
      const tried = spread(thinned(steps), 12);
      const failures = await walk(tried, async (step) => {
        const node = fresh.copy();
        node.drop(reported);
        const finished = new FinishedRecords(node.layout);
        if ((await killBefore(node.command(pass), step)).killed) killed += 1;
        const violations = isKept(node.layout, reported.bytes, reported.digest) ? [] : ['the parcel is lost'];
        violations.push(
          ...(await restart(node, finished)),
          ...unsettled(node.layout, [1]),
          ...mustBe(node, reported, 'succeeded'),
          ...mustHaveBegun(node, 1),
        );
        node.remove();
        return violations;
      });
      expect(failures).toEqual([]);
      // Wake-ups between threads are counted as writes too, and there may be fewer of them than in the recorded run.
      expect(killed).toBeGreaterThanOrEqual(tried.length - 4);
    },
    patienceMs,
  );

  test(
    'the controller, killed between the fork of the runner and its go, has a slow script started once, and it succeeds',
    async () => {
      const model = fresh.copy();
      model.drop(slow);
      const steps = await recordSteps(model.command(pass), [...diskCalls, 'clone']);
      const [fork, go] = ['clone(', '"go\\n"'].map((sight) =>
        steps.findIndex(({ text }) => text.includes(sight)),
      );
      const failures = await walk(thinned(steps.slice(fork, (go ?? 0) + 3)), async (step) => {
        const node = fresh.copy();
        node.drop(slow);
        const finished = new FinishedRecords(node.layout);
        await killBefore(node.command(pass), step);
        const violations = [
          ...(await restart(node, finished)),
          ...unsettled(node.layout, [3]),
          ...mustBe(node, slow, 'succeeded'),
          ...mustHaveBegun(node, 1),
        ];
        node.remove();
        return violations;
      });
      expect(failures).toEqual([]);
    },
    patienceMs,
  );

  test('all durable work is done on the thread that these walks watch', async () => {
    const node = fresh.copy();
    node.drop(reported);
    const { trace } = await traced(node.command(pass), [
      '-f',
      '-e',
      `trace=${diskCalls.join(',')},clone,clone3`,
    ]);
    const lines = trace.map((line) => /^(\d+) +(.*)/.exec(line)?.slice(1) ?? []);
    const [main] = lines[0] ?? [];
    const threads = lines.flatMap(([thread, text = '']) =>
      thread === main ? (/CLONE_THREAD.* = (\d+)$/.exec(text)?.slice(1) ?? []) : [],
    );
    const durable = lines.filter(
      ([, text = '']) => text.includes(node.layout.state) || text.includes(node.layout.log),
    );
    expect(threads.length).toBeGreaterThan(0);
    expect(durable.filter(([thread]) => thread === main).length).toBeGreaterThan(100);
    // Only bytes of a copy that has no name yet are written aside: what makes them last is done here, and is walked.
    const aside = durable.filter(([thread = '']) => threads.includes(thread));
    expect(aside.filter(([, text = '']) => !/^write\(.*\/inbox\/\..*\.part>/.test(text))).toEqual([]);
  });

  test.each([
    { update: reported, afterwards: 'interrupted' },
    { update: slowRerun, afterwards: 'succeeded' },
  ])(
    'the runner leaves update $update.sequence to be run if it has not begun, $afterwards if it has begun, succeeded if it has ended',
    async ({ update, afterwards }) => {
      const steps = await recordRunner(update);
      // What is written to the status file decides: the steps around it are tried every time.
      const decides = ({ call }: Step, index: number): boolean =>
        call === 'pwrite64' || steps[index - 1]?.call === 'pwrite64';
      const failures = await walk(spread(steps, 8, decides), async (step) => {
        const node = fresh.copy();
        node.drop(update);
        traceRunners(node.root, 'next', killing(step));
        const violations = await restart(node, new FinishedRecords(node.layout), tracedDist);
        violations.push(...processesUnder(node.root).map(({ command }) => `outlives its run: ${command}`));
        violations.push(...unsettled(node.layout, [update.sequence]));

        const outcome = outcomeOf(step, steps);
        const first = readRecords(node.layout).runs[0]?.outcome;
        if (first !== outcome) violations.push(`expected the run ${outcome}, found it ${first}`);
        violations.push(...mustBe(node, update, outcome === 'interrupted' ? afterwards : 'succeeded'));
        node.remove();
        return violations;
      });
      expect(failures).toEqual([]);
    },
    patienceMs,
  );

  test.each([
    { what: 'removes the folder of its run', spoil: 'rm -rf "$run"' },
    { what: 'empties the status file and kills its runner', spoil: ': >"$run/status"; kill -9 "$PPID"' },
  ])('a script that $what is not taken for one that never began', async ({ spoil }) => {
    const node = fresh.copy();
    const spoiling = witnessedUpdate(
      { sequence: 5 },
      { does: `run="$(dirname "$FERRYMAN_LONG_LOG")"; ${spoil}` },
    );
    node.drop(spoiling);
    const finished = new FinishedRecords(node.layout);
    const violations = [...(await restart(node, finished)), ...(await restart(node, finished))];
    expect([
      ...violations,
      ...unsettled(node.layout, [5]),
      ...mustBe(node, spoiling, 'interrupted'),
      ...mustHaveBegun(node, 1),
    ]).toEqual([]);
  });
});

test('nothing is left on the machine: no process, no mount', async () => {
  expect(await straysUnder(everything)).toEqual([]);
});

/** The steps of a runner, from its attachment to its end. */
async function recordRunner(update: TestParcel): Promise<Step[]> {
  const model = fresh.copy();
  model.drop(update);
  const trace = join(model.root, 'trace');
  traceRunners(model.root, 'next', ['-o', trace, '-y', '-s', '16', '-e', `trace=${runnerCalls.join(',')}`]);
  const ran = await execa(process.execPath, model.command(pass, tracedDist).args, {
    reject: false,
    stdin: 'ignore',
  });
  expect(`exit ${ran.exitCode}: ${ran.stderr}`).toMatch(/^exit 0:/);
  expect(await straysUnder(model.root)).toEqual([]);
  const steps = parseSteps(readRunnerTrace(trace));
  const count = (call: string): number => steps.filter((step) => step.call === call).length;
  expect([count('pwrite64'), count('fdatasync'), count('clone')]).toEqual([2, 2, 1]);
  return steps;
}

/** What the status file said when the runner was killed before a step decides how its run is recorded. */
function outcomeOf(step: Step, steps: readonly Step[]): RunOutcome {
  const at = steps.indexOf(step);
  const [started = 0, ended = 0] = steps.flatMap(({ call }, index) => (call === 'pwrite64' ? [index] : []));
  if (at <= started) return 'not-started';
  return at <= ended ? 'interrupted' : 'succeeded';
}
