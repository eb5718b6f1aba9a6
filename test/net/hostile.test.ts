import { existsSync, readdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import { bytesBelow } from '../../src/flood/exchange/staging.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { putArchive, signedAck, signedArchive, testIncarnation } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Fleet, until } from './fleet.ts';
import { offers, tells } from './offered.ts';

afterAll(removeFolders);
let fleet: Fleet | undefined;
afterEach(async () => fleet?.stop());

const told = (): string => fleet?.nodes.map((node) => `=== ${node.role} ${node.said()}`).join('\n') ?? '';

test.skipIf(!canMakeHosts)(
  'a hostile neighbour fills no disk and keeps nobody from others: what is wrong is set aside and counted (root, network namespaces)',
  { timeout: 300_000 },
  async () => {
    fleet = await Fleet.make();
    const ferry = await fleet.add('ferry', 'contactMegabytes = 64\n');
    const hostile = await fleet.add('kiosk');
    const honest = await fleet.add('kiosk');
    const proxy = await fleet.add('proxy');
    await fleet.link(ferry, hostile);
    await fleet.link(ferry, honest);
    const signer = await honest.signer();
    putArchive(honest.layout.relayLogs, signer, { sequence: 9 });

    const [liar, acks] = [await hostile.signer(), await proxy.signer()];
    const at = (sequence: number): string =>
      `logs/${archivePath({ origin: honest.guid, incarnation: testIncarnation, sequence, class: 'long' })}`;
    offers(hostile, at(1), 'junk');
    offers(hostile, at(2), signedArchive(signer, { sequence: 3 })); // another name
    offers(hostile, at(3), signedArchive(liar, { sequence: 3, origin: honest.guid })); // speaks for another
    truncateSync(offers(hostile, at(4), ''), 10 ** 12); // endless: a thousand gigabytes of nothing
    offers(hostile, 'secret', 'secret');
    symlinkSync('/etc/passwd', join(hostile.layout.relay, at(5)));
    offers(hostile, at(6), signedArchive(signer, { sequence: 6 })); // one that is right, in bad company
    const forged = signedAck({ ...liar, guid: proxy.guid }, { origins: [] });
    offers(hostile, `acks/${proxy.guid}.0.zip`, forged);
    offers(hostile, `acks/${proxy.guid}.1.zip`, signedAck(acks, { shard: 0, origins: [] })); // of another shard
    const digest = 'ab'.repeat(64);
    offers(hostile, `updates/${digest}.zip`, 'junk');
    const names = [0, 1].map((shard) => ({ proxy: proxy.guid, epoch: '00000000000000bb', number: 1, shard }));
    const stream = { origin: honest.guid, incarnation: testIncarnation, short: [], bytes: 100_000 };
    const many = {
      ...stream,
      incarnation: '00000000000000dd',
      long: [{ first: 1, last: 2 ** 50 }],
      bytes: 1,
    };
    hostile.startSshd();
    honest.start();
    tells(hostile, {
      acks: names,
      updates: [digest],
      logs: [{ ...stream, long: [{ first: 1, last: 6 }] }, many],
    });
    ferry.setPeers(`${hostile.guid}@10.9.1.2:7822`);
    ferry.start();

    const held = (sequence: number): boolean => existsSync(join(ferry.layout.relay, at(sequence)));
    await until(() => held(6) && held(9), 'what is right', { told, seconds: 90 });
    let explained = '';
    await until(
      async () => {
        const { stdout } = await ferry.host.ferryman(['why', `${honest.guid}/${testIncarnation}/3`]);
        explained = stdout;
        return stdout.includes('quarantined');
      },
      'what is wrong set aside',
      { told: () => explained },
    );
    for (const sequence of [1, 2, 3, 4, 5]) expect(held(sequence)).toBe(false);
    expect(existsSync(ferry.layout.relayAcks) ? readdirSync(ferry.layout.relayAcks) : []).toStrictEqual([]);
    expect(bytesBelow(ferry.layout.staging) + bytesBelow(ferry.layout.quarantine)).toBeLessThan(
      100 * 1024 * 1024,
    );
    const { stdout } = await ferry.host.ferryman(['history', '--json']);
    expect((JSON.parse(stdout) as { updates: unknown[] }).updates).toStrictEqual([]);
  },
);
