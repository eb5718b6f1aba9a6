/**
 * Before anything relies on a file, the file is on the disk: seen in the order of the system calls, step by step. `kill -9`
 * cannot show a missing sync, because what was written stays in the system's memory; a power cut does.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { updateFile } from '../../src/node/layout.ts';
import { runFolder } from '../../src/run/run-folder.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { CrashNode, witnessedUpdate } from './crash-node.ts';
import { canTrace, traced, type Command } from './steps.ts';
import { endProcessesUnder, straysUnder } from './strays.ts';
import { syncCalls, Unsynced } from './sync-order.ts';
import { distWithTracedRunner, readRunnerTrace, traceRunners } from './traced-runner.ts';

const update = witnessedUpdate({ sequence: 1 });
const everything = temporaryFolder();
let fresh: CrashNode;

beforeAll(async () => {
  fresh = await CrashNode.make(everything);
});

afterAll(() => {
  endProcessesUnder(everything);
  removeFolders();
});

async function traceOf(command: Command): Promise<readonly string[]> {
  const { exitCode, stderr, trace } = await traced(command, ['-e', syncCalls]);
  expect(`exit ${exitCode}: ${stderr}`).toMatch(/^exit 0:/);
  return trace;
}

/** Moments in a trace at which files must be on the disk. */
class Moments {
  readonly unsynced = new Unsynced();
  readonly violations: string[] = [];
  readonly seen = new Set<string>();

  must(moment: string, ...paths: readonly string[]): void {
    this.seen.add(moment);
    this.violations.push(
      ...paths
        .filter((path) => !this.unsynced.isSafe(path))
        .map((path) => `${moment}: ${path} is not on the disk`),
    );
  }

  /** A file that gets its final name must have its contents. */
  mustBeWhole(path: string): void {
    this.seen.add('a name is given');
    if (!this.unsynced.hasContents(path))
      this.violations.push(`a name is given: the contents of ${path} are not on the disk`);
  }
}

describe.skipIf(!canTrace)('a power cut at any moment (needs strace)', () => {
  test('receive says that a parcel is safe only when its contents and its name are on the disk', async () => {
    const node = fresh.copy();
    const unsynced = new Unsynced();
    const unsafe: string[][] = [];
    for (const line of await traceOf(
      node.command(['receive', node.file('u.zip', update.bytes), '--channel', 'backhaul']),
    )) {
      if (line.startsWith('write(1<')) unsafe.push(unsynced.under(node.layout.state));
      unsynced.take(line);
    }
    expect(unsafe).toEqual([[]]);
  });

  test('the controller relies only on what is on the disk, and leaves nothing that is not', async () => {
    const node = fresh.copy();
    const { layout } = node;
    node.drop(update);
    const run = runFolder(layout.runs, update.digest, 1);
    const ledger = `${layout.ledgerFile}-wal`;
    const stem = `1-${update.digest.slice(0, 16)}-1`;
    const moments = new Moments();
    let ledgerSyncs = 0;
    for (const line of await traceOf(node.command(['run', '--once']))) {
      const named = /^(?:rename|link)\("([^"]*)"/.exec(line)?.[1];
      if (named !== undefined) moments.mustBeWhole(named);
      if (line.startsWith(`unlink("${join(layout.backhaul, '1.zip')}"`))
        moments.must('the source is released', updateFile(layout, update.digest), ledger);
      if (line.startsWith('clone('))
        moments.must('the runner is forked', ledger, run.statusFile, run.orderFile);
      if (line.startsWith('clone(')) ledgerSyncs = 0;
      if (line.startsWith('fsync(') && line.includes(ledger)) ledgerSyncs += 1;
      if (line.includes('"go\\n"'))
        moments.must(
          `the runner may go, its identity synced ${ledgerSyncs} time`,
          ledger,
          run.statusFile,
          run.orderFile,
        );
      if (line.startsWith(`unlink("${run.statusFile}"`))
        moments.must('the status is thrown away', ledger, join(layout.log, `${stem}.output.log`));
      moments.unsynced.take(line);
    }
    expect(moments.violations).toEqual([]);
    expect([...moments.seen].toSorted()).toEqual([
      'a name is given',
      'the runner is forked',
      'the runner may go, its identity synced 1 time',
      'the source is released',
      'the status is thrown away',
    ]);
    expect(moments.unsynced.under(node.root)).toEqual([]);
  });

  test('the runner has "started" on the disk before it forks the script, and "ended" before it ends', async () => {
    const node = fresh.copy();
    node.drop(update);
    const dist = distWithTracedRunner(everything);
    const file = node.file('runner-trace', Buffer.alloc(0));
    traceRunners(node.root, 'next', ['-o', file, '-y', '-e', syncCalls]);
    await traceOf(node.command(['run', '--once'], dist));
    expect(await straysUnder(node.root)).toEqual([]); // strace has written everything out
    const { statusFile } = runFolder(node.layout.runs, update.digest, 1);
    const moments = new Moments();
    let writes = 0;
    for (const line of readRunnerTrace(file)) {
      if (line.startsWith('pwrite64(')) writes += 1;
      if (line.startsWith('clone(')) moments.must(`the script is forked after ${writes} write`, statusFile);
      moments.unsynced.take(line);
    }
    moments.must(`the runner ends after ${writes} writes`, statusFile);
    expect(moments.violations).toEqual([]);
    expect([...moments.seen]).toEqual([
      'the script is forked after 1 write',
      'the runner ends after 2 writes',
    ]);
  });
});

test('nothing is left on the machine: no process, no mount', async () => {
  expect(await straysUnder(everything)).toEqual([]);
});
