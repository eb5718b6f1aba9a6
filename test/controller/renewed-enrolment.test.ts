/** The exchange with neighbours in a daemon whose node is enrolled anew while it runs. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { CurrentTrust } from '../../src/controller/current-trust.ts';
import { NeighbourExchange } from '../../src/controller/neighbours.ts';
import { FerrymanError } from '../../src/errors.ts';
import type * as Pools from '../../src/logs/pool-of-role.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { cleanUp, makeKiosk, officeKey, until } from './at-work.ts';
import { withNode } from './in-process.ts';

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('../../src/logs/pool-of-role.ts', async (original) => {
  const real = await original<typeof Pools>();
  const movePool: typeof real.movePool = (...given) => {
    if (disk.isFull) throw new FerrymanError('logs.disk-full', 'expected room to move archives: ENOSPC');
    return real.movePool(...given);
  };
  return { ...real, movePool };
});

afterAll(cleanUp);

test('while the node is enrolled in another role than it is configured for, nobody is met, and it says so', async () => {
  const kiosk = await makeKiosk();
  const { configFile } = kiosk.layout;
  enrolNode(kiosk.layout, officeKey, 1);
  const text = readFileSync(configFile, 'utf8').replace('role = "kiosk"', 'role = "gateway"');
  writeFileSync(configFile, `${text}\n[flood]\npingPort = 17823\nuser = "nobody"\n`);
  await withNode(kiosk, async ({ context, ledger, events }) => {
    const exchange = new NeighbourExchange(context, new CurrentTrust(context));
    exchange.start();
    await until('what is wrong', () => events.length > 0);
    await exchange.close();
    expect(JSON.stringify(events)).toContain('[enrolment.other-role]');
    expect(ledger.fact('ping-counter')).toBeUndefined();
  });
});

test('what waits is moved and signed anew before anybody is met', async () => {
  const config = '[logs]\njournal = false\n[flood]\npingPort = 17825\npingSeconds = 1\nuser = "nobody"';
  const kiosk = await makeKiosk({ config });
  const { layout } = kiosk;
  enrolNode(layout, officeKey, 1);
  writeFileSync(join(kiosk.root, 'var/log/app.log'), 'all is well\n');
  const packed = await kiosk.run('logs', 'pack');
  expect(packed.stderr).toBe('');
  const text = readFileSync(layout.configFile, 'utf8').replace('role = "kiosk"', 'role = "gateway"');
  writeFileSync(layout.configFile, text);
  enrolNode(layout, officeKey, 2);
  await withNode(kiosk, async ({ context, ledger, events }) => {
    const exchange = new NeighbourExchange(context, new CurrentTrust(context));
    exchange.start();
    try {
      await until('the first ping', () => ledger.fact('ping-counter') !== undefined);
    } finally {
      await exchange.close();
    }
    expect(JSON.stringify(events)).toContain('1 waiting archive signed anew');
  });
  expect(existsSync(layout.relayLogs)).toBe(false);
  const [name = ''] = readdirSync(layout.homewardLogs, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.zip'),
  );
  expect(readFileSync(join(layout.homewardLogs, name), 'latin1')).toContain('"serial":2');
});

test('a disk too full to move what waits keeps nobody from being met', async () => {
  const config = '[logs]\njournal = false\n[flood]\npingPort = 17826\npingSeconds = 1\nuser = "nobody"';
  const kiosk = await makeKiosk({ config });
  const { configFile } = kiosk.layout;
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace('role = "kiosk"', 'role = "gateway"'));
  enrolNode(kiosk.layout, officeKey, 1);
  await withNode(kiosk, async ({ context, ledger, events }) => {
    ledger.setFact('log-incarnation', '0123456789abcdef');
    disk.isFull = true;
    const exchange = new NeighbourExchange(context, new CurrentTrust(context));
    exchange.start();
    try {
      await until('the first ping', () => ledger.fact('ping-counter') !== undefined);
    } finally {
      disk.isFull = false;
      await exchange.close();
    }
    expect(JSON.stringify(events)).toContain('no room to sign anew');
  });
});

test('it is begun again under the new enrolment', async () => {
  const kiosk = await makeKiosk();
  const { configFile } = kiosk.layout;
  const text = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, `${text}\n[flood]\npingPort = 17821\npingSeconds = 1\nuser = "nobody"\n`);
  enrolNode(kiosk.layout, officeKey, 1);
  await withNode(kiosk, async ({ context, ledger, events }) => {
    const exchange = new NeighbourExchange(context, new CurrentTrust(context));
    const hasReserved = (upTo: string) => (): boolean => ledger.fact('ping-counter') === upTo;
    exchange.start();
    try {
      await until('the first ping', hasReserved('1000'));
      enrolNode(kiosk.layout, officeKey, 2);
      // Whoever begins takes numbers of his own: so many pings are not sent in that time.
      await until('pings under the new enrolment', hasReserved('2000'), 30_000);
    } finally {
      await exchange.close();
    }
    expect(events).toEqual([]);
  });
});
