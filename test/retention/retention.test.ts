/** What is old goes, by the days that the machine was on; what protects the node stays for ever. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { InProcess } from '../controller/in-process.ts';
import { cleanUp, drop, makeKiosk, signed } from '../controller/at-work.ts';
import type { Kiosk } from '../kit/kiosk.ts';

afterAll(cleanUp);

const day = 24 * 3600;
const hour = 3600;

const oneDay = '[retention]\nparcelDays = 1\nstateDays = 1\nlogDays = 1\nstoryDays = 1';

function files({ layout }: Kiosk): Record<'parcels' | 'states' | 'logs', number> {
  return {
    parcels: readdirSync(layout.relayUpdates).length,
    states: readdirSync(layout.scriptState).length,
    logs: readdirSync(layout.log).filter((name) => name !== 'short.log').length,
  };
}

/** Lets the machine be switched on for some time, with the daemon looking every hour. */
async function switchedOn(node: InProcess, hours: number): Promise<void> {
  for (let passed = 0; passed < hours; passed++) {
    node.forward(hour);
    await node.pass();
  }
}

test('parcels, folders of scripts, logs and stories of finished updates go when they are old, and nothing runs again', async () => {
  const kiosk = await makeKiosk({ config: oneDay });
  const script = `echo kept >$FERRYMAN_STATE/x; echo long >$FERRYMAN_LONG_LOG; echo ran >>${kiosk.witness}; exit 3`;
  const parcel = signed({ sequence: 1, script });
  drop(kiosk, 'backhaul', 'a.zip', parcel);
  const node = new InProcess(kiosk);
  await node.pass();
  expect(files(kiosk)).toEqual({ parcels: 1, states: 1, logs: 2 });
  await switchedOn(node, 20);
  expect(files(kiosk)).toEqual({ parcels: 1, states: 1, logs: 2 });

  await switchedOn(node, 50);
  expect(files(kiosk)).toEqual({ parcels: 0, states: 0, logs: 0 });
  expect(
    node.events.some(({ subject, text }) => subject === 'retention' && /parcels: 1 .*logs: 2 /.test(text)),
  ).toBe(true);
  const row = node.update(1);
  expect(row).toMatchObject({ state: 'failed', exitStatus: 3, attempts: 1 });
  expect(node.ledger.updates.transitions(row.digest)).toHaveLength(1);
  expect(node.ledger.runs.of(row.digest)).toHaveLength(1);

  for (const channel of ['backhaul', 'flood', 'usb'] as const) drop(kiosk, channel, 'again.zip', parcel);
  await switchedOn(node, 3);
  expect(kiosk.witnessLines()).toEqual(['ran']);
  node.close();
  expect((await kiosk.run('log', '1', '--short')).stdout).not.toBe('');
  expect((await kiosk.run('show', '1')).exitCode).toBe(0);
});

test('a calendar that jumps by decades removes nothing', async () => {
  const kiosk = await makeKiosk({ config: oneDay });
  drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 1, script: 'echo hello' }));
  const node = new InProcess(kiosk);
  await node.pass();
  node.close();
  const database = new Database(kiosk.layout.ledgerFile);
  for (const [table, column] of [
    ['updates', 'finished_at'],
    ['transitions', 'at'],
    ['runs', 'ended_at'],
  ] as const)
    expect(
      database.prepare(`UPDATE ${table} SET ${column} = '1970-01-01T00:00:00Z'`).run().changes,
    ).toBeGreaterThan(0);
  database.close();
  for (const name of readdirSync(kiosk.layout.log)) utimesSync(join(kiosk.layout.log, name), 0, 0);
  const before = files(kiosk);
  expect((await kiosk.run('run', '--once')).exitCode).toBe(0);
  expect(files(kiosk)).toEqual(before);
  expect(before).toEqual({ parcels: 1, states: 1, logs: 1 });
});

test('what may still run is kept, however old it is', async () => {
  const kiosk = await makeKiosk({
    config: `${oneDay}\n[run]\ndeferFirstSeconds = 86400\ndeferMaxSeconds = 86400`,
  });
  drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 5, requires: [{ first: 1, last: 1 }] }));
  drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 6, script: 'echo x >>$FERRYMAN_STATE/x; exit 75' }));
  const node = new InProcess(kiosk);
  await switchedOn(node, 60);
  expect(node.update(5).state).toBe('waiting');
  expect(node.update(6).state).toBe('deferred');
  expect(files(kiosk)).toMatchObject({ parcels: 2, states: 1 });
  node.close();
});

test('the oldest go when there is no room, by bytes and by number, and short.log and foreign files stay', async () => {
  const kiosk = await makeKiosk({ config: '[retention]\nlogFiles = 2\nparcelMegabytes = 1' });
  const big = randomBytes(700_000);
  for (let sequence = 1; sequence <= 3; sequence++)
    drop(kiosk, 'backhaul', `${sequence}.zip`, signed({ sequence, script: 'echo hi', files: { big } }));
  writeFileSync(join(kiosk.layout.log, 'kern.log'), 'not ours');
  const node = new InProcess(kiosk);
  await node.pass();
  await switchedOn(node, 1);
  const logs = readdirSync(kiosk.layout.log);
  expect(logs).toContain('kern.log');
  expect(logs).toContain('short.log');
  expect(logs.filter((name) => /^\d+-/.test(name))).toEqual([
    expect.stringMatching(/^2-.*output/) as string,
    expect.stringMatching(/^3-.*output/) as string,
  ]);
  expect(readdirSync(kiosk.layout.relayUpdates)).toEqual([`${node.update(3).digest}.zip`]);
  node.close();
});

test('a parcel that nobody needs any more goes at the next look: superseded for all whom it addresses, and not by what is still to run', async () => {
  const kiosk = await makeKiosk();
  const put = (sequence: number, more: Parameters<typeof signed>[0]): void => {
    drop(kiosk, 'backhaul', `${sequence}.zip`, signed({ sequence, script: 'true', ...more }));
  };
  const node = new InProcess(kiosk);
  put(1, { recipients: ['role:ferry'] });
  put(2, { recipients: ['all'] });
  put(3, { recipients: ['all'] });
  put(4, { recipients: ['role:ferry'], supersedes: [{ first: 1, last: 2 }] });
  put(5, { recipients: ['all'], supersedes: [{ first: 3, last: 3 }], script: 'exit 75' });
  await node.pass();
  await switchedOn(node, 1);
  const left = [1, 2, 3, 4, 5].filter((sequence) =>
    existsSync(join(kiosk.layout.relayUpdates, `${node.update(sequence).digest}.zip`)),
  );
  expect(left).toEqual([2, 3, 4, 5]);
  node.close();
});

test('evidence of an equivocation stays, parcels and signatures, and both contents stay refused', async () => {
  const kiosk = await makeKiosk({ config: oneDay });
  const [one, two] = [
    signed({ sequence: 9, script: 'exit 75' }),
    signed({ sequence: 9, script: 'echo two' }),
  ];
  drop(kiosk, 'backhaul', 'one.zip', one);
  const node = new InProcess(kiosk);
  await node.pass();
  drop(kiosk, 'backhaul', 'two.zip', two);
  await switchedOn(node, 60);
  expect(files(kiosk).parcels).toBe(2);
  expect(node.ledger.refusals.evidence()).toHaveLength(2);
  drop(kiosk, 'usb', 'two.zip', two);
  await switchedOn(node, 2);
  expect(node.ledger.updates.bySequence(9).map(({ state }) => state)).toEqual(['refused', 'refused']);
  expect(existsSync(kiosk.witness)).toBe(false);
  node.close();
});

test('the calendar counts time that the machine was on, over boots and pauses of ferryman, and never goes back', async () => {
  const kiosk = await makeKiosk();
  const node = new InProcess(kiosk);
  const { ledger } = node;
  const { calendar } = ledger;
  const change = (): void => ledger.updates.note('x', 'received', '', '');
  ledger.updates.add({ digest: 'x', channel: 'usb', signers: [], terms: undefined, at: '' });
  calendar.advance('boot 1', 0.5 * day);
  expect(calendar.newestOlderThan(1)).toBe(0);
  change();
  calendar.advance('boot 1', 1.5 * day); // day 1 begins here
  const newest = ledger.stories.lastChange('x');
  change();
  calendar.advance('boot 1', 0.1 * day); // an uptime that goes back counts for nothing
  calendar.advance('boot 2', 0.6 * day); // day 2
  expect(calendar.newestOlderThan(1)).toBe(newest);
  expect(calendar.newestOlderThan(2)).toBe(2);
  expect(calendar.newestOlderThan(3)).toBe(0);
  node.close();
});
