/** Before anything relies on a file, the file is on the disk: seen in the order of the system calls, step by step. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeFolders } from '../kit/kiosk.ts';
import { runFolder } from '../../src/run/run-folder.ts';
import { updateFile } from '../../src/node/layout.ts';
import { CrashNode, witnessedUpdate } from './crash-node.ts';
import { traced, type Command } from './steps.ts';
import { syncCalls, Unsynced } from './sync-order.ts';

const update = witnessedUpdate({ sequence: 1 });
let fresh: CrashNode;

beforeAll(async () => {
  fresh = await CrashNode.make();
});

afterAll(() => removeFolders());

async function traceOf(command: Command): Promise<readonly string[]> {
  const { exitCode, stderr, trace } = await traced(command, ['-s', '200', '-e', syncCalls]);
  expect(stderr).toBeDefined();
  expect(exitCode, stderr).toBe(0);
  return trace;
}

test('receive says that a parcel is safe only when its copy and its name are on the disk', async () => {
  const node = fresh.copy();
  const unsynced = new Unsynced();
  let said = 0;
  for (const line of await traceOf(node.command(['receive', node.file('u.zip', update.bytes), '--channel', 'backhaul']))) {
    if (line.includes('safe on disk')) {
      said += 1;
      expect(unsynced.under(node.layout.state)).toEqual([]);
    }
    unsynced.take(line);
  }
  expect(said).toBe(1);
});

test('a pass: everything stands on the disk before it is relied on, and at the end', async () => {
  const node = fresh.copy();
  const { layout } = node;
  node.drop(update);
  const run = runFolder(layout.runs, update.digest, 1);
  const wal = `${layout.ledgerFile}-wal`;
  const stored = updateFile(layout, update.digest);
  const unsynced = new Unsynced();
  const seen = new Set<string>();
  const unsafe = (...paths: string[]): string[] => paths.filter((path) => !unsynced.isSafe(path));
  const violations: string[] = [];
  const moment = (name: string, ...paths: string[]): void => {
    seen.add(name);
    violations.push(...unsafe(...paths).map((path) => `${name}: ${path} is not on the disk`));
  };
  for (const line of await traceOf(node.command(['run', '--once']))) {
    if (line.startsWith(`unlink("${join(layout.backhaul, '1.zip')}"`)) moment('the source is released', stored, wal);
    if (line.startsWith('clone(')) moment('the runner is forked', wal, run.statusFile, run.orderFile);
    if (line.includes('"go\\n"')) moment('the runner may go', wal, run.statusFile, run.orderFile);
    if (line.startsWith(`unlink("${run.statusFile}"`)) moment('the status is thrown away', wal, `${layout.log}/1-${update.digest.slice(0, 16)}-1.output.log`);
    const renamed = /^rename\("([^"]*\.part)"/.exec(line)?.[1];
    if (renamed !== undefined) moment('a name is given', renamed.replace(/\.part$/, '.part'));
    unsynced.take(line);
  }
  console.log(violations, unsynced.under(node.root), [...seen]);
});
