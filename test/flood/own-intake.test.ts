/** What a proxy has in its own pool: its own logs, and what it carried before it was a proxy. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { OwnIntake } from '../../src/flood/own-intake.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archive, enrolled, incarnation, kioskGuid, proxyGuid, ProxyDesk } from '../proxy/proxy-desk.ts';

afterAll(removeFolders);

const byProxy = { origin: proxyGuid, signer: enrolled(proxyGuid, 'proxy') };

function put(desk: ProxyDesk, origin: string, sequence: number, bytes: Buffer): string {
  const name = `${String(sequence).padStart(10, '0')}.long.zip`;
  const path = join(desk.layout.relayLogs, origin, incarnation, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

test('own archives are stored and acknowledged, and stay until the node has seen it; those of others go', async () => {
  const desk = new ProxyDesk();
  const own = put(desk, proxyGuid, 1, archive(byProxy));
  const other = put(desk, kioskGuid(1), 1, archive());
  const wrong = put(desk, kioskGuid(2), 1, Buffer.from('no archive'));
  const proxy = await desk.open();
  const intake = new OwnIntake(proxy, desk.layout, proxyGuid);
  expect(await intake.take()).toEqual([expect.stringMatching(/expected/)]);
  expect([own, other, wrong].map((path) => existsSync(path))).toEqual([true, false, true]);
  const [written] = await proxy.acknowledge('now');
  expect(written).toMatchObject({ shard: 0, number: 1 });
  // Looked at once: the next look reads nothing again.
  expect(await intake.take()).toEqual([]);
  put(desk, proxyGuid, 2, archive({ ...byProxy, sequence: 2 }));
  expect(await intake.take()).toEqual([]);
  expect(await proxy.acknowledge('now')).toHaveLength(1);
  proxy.close();
});
