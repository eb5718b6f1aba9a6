/** The exchange with neighbours in a daemon whose node is enrolled anew while it runs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { CurrentTrust } from '../../src/controller/current-trust.ts';
import { NeighbourExchange } from '../../src/controller/neighbours.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { cleanUp, makeKiosk, officeKey, until } from './at-work.ts';
import { withNode } from './in-process.ts';

afterAll(cleanUp);

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
