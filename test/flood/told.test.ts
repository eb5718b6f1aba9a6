/** What a node tells of itself, and to whom: a gateway of its logs to a proxy alone; nobody of updates that nobody may run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { summaryName } from '../../src/flood/summary-name.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { PoolNode } from './pool-node.ts';

afterAll(removeFolders);

function logsIn(folder: string): number {
  return (JSON.parse(readFileSync(join(folder, summaryName), 'utf8')) as { logs: unknown[] }).logs.length;
}

const settings = { poolBytes: 1e6, ownBytes: 1e6 };

test('a gateway tells of its logs to a proxy alone: in its pings, in its summaries, in the files that its endpoint prints', async () => {
  const gateway = await PoolNode.start(join(temporaryFolder(), 'root'), 1, 'gateway', settings);
  const ferry = await PoolNode.start(join(temporaryFolder(), 'root'), 2, 'ferry', settings);
  const { relay, layout } = gateway;
  const before = relay.holdingsDigest(false);
  gateway.pack('long', Buffer.from('a log of the gateway'));
  ferry.pack('long', Buffer.from('a log of the ferry'));
  expect(await gateway.pullFrom(ferry)).toBe(1);
  const origins = [gateway.guid, ferry.guid];
  expect(relay.summary(true).logs.map(({ origin }) => origin)).toEqual(origins);
  expect(relay.summary(false).logs).toEqual([]);
  expect(relay.holdingsDigest(false)).toBe(before);
  expect(relay.holdingsDigest(true)).not.toBe(before);
  expect([logsIn(layout.relay), logsIn(layout.homeward)]).toEqual([0, 2]);
  for (const { ledger } of [gateway, ferry]) ledger.close();
});

test('updates are offered that this node knows and has not refused', async () => {
  const node = await PoolNode.start(join(temporaryFolder(), 'root'), 1, 'ferry', settings);
  const { ledger, layout, relay } = node;
  const [good = '', refused = '', unknown = ''] = ['a', 'b', 'c'].map((digit) => digit.repeat(128));
  const at = '2026-11-01T00:00:00Z';
  const terms = {
    title: '',
    recipients: ['all'],
    created: at,
    script: { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 },
    requires: [],
    supersedes: [],
  } as const;
  for (const [index, digest] of [good, refused].entries())
    ledger.updates.add({
      digest,
      channel: 'flood',
      signers: [],
      terms: { ...terms, sequence: index + 1 },
      at,
    });
  ledger.updates.setState(refused, 'refused', 'no', at);
  for (const digest of [good, refused, unknown])
    writeFileSync(join(layout.relayUpdates, `${digest}.zip`), 'an update');
  await relay.look();
  expect(relay.summary(false).updates).toEqual([good]);
  ledger.close();
});
