/**
 * `kill -9` of the controller and of the runner at random moments, while updates keep coming: at most one start without a
 * recorded exit unless the manifest says rerun, no finished status lost, never two scripts at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { CrashNode, witnessedUpdate, type TestParcel } from './crash-node.ts';
import { Daemon } from './daemon.ts';
import { disagreements, FinishedRecords, isAtRest, readRecords, unsettled } from './invariants.ts';
import { Random } from './random.ts';
import { takesAll, testSeed } from './spread.ts';
import { endProcess, endProcessesUnder, processesUnder, straysUnder } from './strays.ts';
import { readWitness } from './witness.ts';

/** Kills on each of the two nodes, which are at work at the same time. */
const killsPerNode = takesAll ? 105 : 45;
const longestWaitMs = 550;
const everything = temporaryFolder();

afterAll(() => {
  endProcessesUnder(everything);
  removeFolders();
});

test(`${2 * killsPerNode} random kills of controllers and runners: every update comes to its rightful end`, async () => {
  const seed = testSeed;
  console.log(`random kills: FERRYMAN_TEST_SEED=${seed} chooses the same moments`);
  const ordeals = await Promise.all(
    [seed, seed + 1].map(async (one) => {
      const ordeal = new Ordeal(await CrashNode.make(everything), new Random(one));
      await ordeal.run();
      return ordeal;
    }),
  );
  expect(
    ordeals.flatMap((ordeal) => ordeal.violations),
    `seed ${seed}`,
  ).toEqual([]);

  const sum = (count: (ordeal: Ordeal) => number): number => ordeals.map(count).reduce((a, b) => a + b, 0);
  const told = {
    controllers: sum((one) => one.kills.controller),
    runners: sum((one) => one.kills.runner),
    receives: sum((one) => one.kills.receive),
    updates: sum((one) => one.sent.length),
  };
  console.log(`random kills: ${JSON.stringify(told)}, ends: ${JSON.stringify(countEnds(ordeals))}`);
  expect(told.controllers + told.runners).toBeGreaterThanOrEqual(2 * killsPerNode);
  // The moments were worth something: runs were cut, and others came through.
  expect(told.runners).toBeGreaterThan(takesAll ? 5 : 2);
  const ends = ['interrupted', 'succeeded', ...(takesAll ? ['failed'] : [])];
  expect(Object.keys(countEnds(ordeals))).toEqual(expect.arrayContaining(ends));
}, 240_000);

test('nothing is left on the machine: no process, no mount', async () => {
  expect(await straysUnder(everything)).toEqual([]);
});

function countEnds(ordeals: readonly Ordeal[]): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { node } of ordeals)
    for (const { state } of readRecords(node.layout).updates) ends[state] = (ends[state] ?? 0) + 1;
  return ends;
}

/** One node that is sent updates and killed again and again. */
class Ordeal {
  readonly node: CrashNode;
  readonly violations: string[] = [];
  readonly sent: TestParcel[] = [];
  readonly kills = { controller: 0, runner: 0, receive: 0 };
  readonly #random: Random;
  readonly #finished: FinishedRecords;

  constructor(node: CrashNode, random: Random) {
    this.node = node;
    this.#random = random;
    this.#finished = new FinishedRecords(node.layout);
  }

  async run(): Promise<void> {
    let daemon = new Daemon(this.node.root);
    while (this.kills.controller + this.kills.runner < killsPerNode) {
      await this.#send();
      const isRunnersTurn = this.#random.chance(0.5);
      await sleep(this.#random.between(1, longestWaitMs));
      if (isRunnersTurn && (await this.#killRunner()) && this.#random.chance(0.7)) continue;
      await this.#killController(daemon);
      daemon = new Daemon(this.node.root);
    }
    // Left alone, a daemon works; before it has said so, a signal ends it like any program.
    for (let waited = 0; daemon.said === '' && daemon.isAlive && waited < 30_000; waited += 50)
      await sleep(50);
    await sleep(500);
    const { exitCode } = await daemon.end('SIGTERM');
    if (exitCode !== 0) this.violations.push(`the last daemon ended with ${exitCode}: ${daemon.said}`);
    await this.#finish();
  }

  async #killController(daemon: Daemon): Promise<void> {
    const { exitCode, signal } = await daemon.end('SIGKILL');
    if (signal === 'SIGKILL') this.kills.controller += 1;
    else this.violations.push(`the daemon ended by itself with ${exitCode}: ${daemon.said}`);
    // Nothing changes in the ledger now, whatever the script does.
    this.violations.push(...this.#finished.look(), ...disagreements(this.node.layout));
  }

  /** Waits for a runner, then for a moment of its life. @returns whether it was killed */
  async #killRunner(): Promise<boolean> {
    const lifeMs = this.#random.between(0, 250);
    for (let waited = 0; waited < 400; waited += 20) {
      const [runner] = processesUnder(this.node.root).filter(({ command }) =>
        command.includes('/runner.js '),
      );
      await sleep(runner ? lifeMs : 20);
      if (!runner) continue;
      if (
        !processesUnder(this.node.root).some(
          ({ pid, command }) => pid === runner.pid && command === runner.command,
        )
      )
        return false;
      if (!endProcess(runner.pid)) return false;
      this.kills.runner += 1;
      this.violations.push(...this.#finished.look());
      return true;
    }
    return false;
  }

  /** Another update, when the node has not much left to do. */
  async #send(): Promise<void> {
    const { updates } = readRecords(this.node.layout);
    if (this.sent.length - updates.filter(isAtRest).length >= 3) return;
    const parcel = this.#makeUpdate(this.sent.length + 1);
    this.sent.push(parcel);
    if (this.#random.chance(0.6)) this.node.drop(parcel);
    else await this.#receive(parcel);
  }

  #makeUpdate(sequence: number): TestParcel {
    const random = this.#random;
    const onInterrupt = random.chance(0.5) ? 'rerun' : 'report';
    const terms = { onInterrupt, maxAttempts: onInterrupt === 'rerun' ? 3 : 1 } as const;
    const act = {
      sleepMs: random.chance(0.7) ? random.between(20, 200) : random.between(400, 700),
      exitStatus: random.chance(0.2) ? 3 : 0,
      defersOnce: random.chance(0.2),
    };
    return witnessedUpdate({ sequence, terms }, act);
  }

  /** By hand, and sometimes killed too: then typed again. */
  async #receive(parcel: TestParcel): Promise<void> {
    const file = this.node.file(`${parcel.sequence}.zip`, parcel.bytes);
    for (;;) {
      const receive = execa(process.execPath, this.node.command(['receive', file, '--channel', 'usb']).args, {
        reject: false,
        stdin: 'ignore',
      });
      if (this.#random.chance(0.4))
        setTimeout(() => receive.kill('SIGKILL'), this.#random.between(50, 250)).unref();
      const { exitCode, signal, stderr } = await receive;
      if (exitCode === 0) return;
      if (signal !== 'SIGKILL') throw new Error(`receive ended with ${exitCode}: ${stderr}`);
      this.kills.receive += 1;
    }
  }

  /** Nothing is killed any more: everything must come to rest. */
  async #finish(): Promise<void> {
    for (let waited = 0; waited < 60; waited++) {
      const { exitCode, stderr } = await this.node.run('run', '--once');
      if (exitCode !== 0) this.violations.push(`the last pass ended with ${exitCode}: ${stderr}`);
      const { updates } = readRecords(this.node.layout);
      if (updates.length === this.sent.length && updates.every(isAtRest)) break;
      await sleep(500); // deferred
    }
    const sequences = this.sent.map(({ sequence }) => sequence);
    this.violations.push(...this.#finished.look(), ...unsettled(this.node.layout, sequences));
    if (readWitness(this.node.root).starts.length === 0) this.violations.push('no script has ever begun');
  }
}
