/** The daemon and its packer: outcomes travel at once, what cannot be done is said once. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBootId, readUptimeSeconds } from '../../src/host/process-identity.ts';
import { notePacked } from '../../src/logs/schedule.ts';
import { CrashNode, officeKey, witnessedUpdate } from '../crash/crash-node.ts';
import { Daemon } from '../crash/daemon.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { linesOf, LogNode } from './log-node.ts';

let node: CrashNode;
let daemon: Daemon | undefined;

beforeEach(async () => {
  node = await CrashNode.make(temporaryFolder());
});
afterEach(async () => {
  await daemon?.end('SIGKILL');
  removeFolders();
});

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 50) {
    if (waited > 60_000) throw new Error(`waited in vain; said: ${daemon?.said}`);
    await sleep(50);
  }
}

/** As if the logs had been packed so many seconds ago. */
function packedAgo(seconds: number): void {
  const logs = LogNode.at(node.root);
  notePacked(logs.ledger, {
    at: '2026-11-21T08:00:00Z',
    bootId: readBootId(),
    uptimeSeconds: readUptimeSeconds() - seconds,
  });
  logs.close();
}

test('an outcome is in a short archive within seconds; the logs come when their period is over', async () => {
  enrolNode(node.layout, officeKey);
  packedAgo(0);
  daemon = new Daemon(node.root);
  node.drop(witnessedUpdate({ sequence: 1 }));
  await until(() => daemon?.said.includes('archive 1 (short') ?? false);
  await daemon.end('SIGTERM');
  const logs = LogNode.at(node.root);
  const [line = '{}'] = linesOf(await logs.read({ sequence: 1, class: 'short' }), 'ledger.jsonl');
  logs.close();
  expect(JSON.parse(line)).toMatchObject({ sequence: 1, state: 'succeeded' });

  packedAgo(365 * 24 * 3600);
  daemon = new Daemon(node.root);
  await until(() => daemon?.said.includes('archive 2 (long') ?? false);
  const { exitCode } = await daemon.end('SIGTERM');
  expect(exitCode).toBe(0);
}, 180_000);

test('without an enrolment it says once what is missing and what to do', async () => {
  rmSync(join(node.layout.etc, 'enrolment.txt'), { force: true });
  daemon = new Daemon(node.root);
  for (const sequence of [1, 2]) {
    node.drop(witnessedUpdate({ sequence }));
    await until(() => daemon?.said.includes(`update ${sequence}: succeeded`) ?? false);
    await until(() => daemon?.said.includes('logs.not-enrolled') ?? false);
    await sleep(4000);
  }
  expect(daemon.said.match(/logs\.not-enrolled/g)).toHaveLength(1);
  expect(daemon.said).toContain('ferryman enrol');
}, 180_000);
