import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { enrolmentPlaces } from '../../src/enrol/places.ts';
import { sshOptions } from '../../src/enrol/ssh-command.ts';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { putArchive, testIncarnation } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { floodUser } from './host.ts';
import { Fleet, until, type Node } from './fleet.ts';

afterAll(removeFolders);
let fleet: Fleet | undefined;
afterEach(async () => fleet?.stop());

const told = (): string => fleet?.nodes.map((node) => `=== ${node.role} ${node.said()}`).join('\n') ?? '';

async function bytesSent(node: Node, device: string): Promise<number> {
  const { stdout } = await node.host.run(['cat', `/sys/class/net/${device}/statistics/tx_bytes`]);
  if (stdout !== '') return Number(stdout);
  const { stdout: shown } = await node.host.run(['ip', '-s', '-j', 'link', 'show', 'dev', device]);
  return (JSON.parse(shown) as [{ stats64: { tx: { bytes: number } } }])[0].stats64.tx.bytes;
}

test.skipIf(!canMakeHosts)(
  'no log leaves a gateway towards a ferry, not even when the ferry asks for it by name; what it holds is fetched from the ferry (root, network namespaces)',
  { timeout: 300_000 },
  async () => {
    fleet = await Fleet.make();
    const ferry = await fleet.add('ferry');
    const gateway = await fleet.add('gateway');
    const kiosk = await fleet.add('kiosk');
    const link = await fleet.link(ferry, gateway);
    const [ofFerry, ofGateway] = [await kiosk.signer(), await gateway.signer()];
    putArchive(ferry.layout.relayLogs, ofFerry, { sequence: 1, bytes: 5000 });
    putArchive(gateway.layout.homewardLogs, ofGateway, { sequence: 1, bytes: 3_000_000 });
    for (const node of [ferry, gateway]) node.start();
    const fetched = { origin: kiosk.guid, incarnation: testIncarnation, sequence: 1, class: 'long' } as const;
    await until(() => existsSync(join(gateway.layout.homewardLogs, archivePath(fetched))), 'the gateway', {
      told,
    });

    const own = archivePath({ ...fetched, origin: gateway.guid });
    const { sshConfig } = enrolmentPlaces(ferry.layout);
    const target = { peer: gateway.guid, address: link.ends[1].address, port: 7822 };
    const rsync = ['rsync', '-rtR', '--files-from=-', '--from0', '--rsync-path=pull'];
    const rsh = ['ssh', ...sshOptions(sshConfig, target)].join(' ');
    const stolen = join(ferry.host.root, 'stolen');
    mkdirSync(stolen);
    chmodSync(stolen, 0o777);
    const fetch = async (path: string): Promise<number | undefined> => {
      const call = { as: floodUser, input: `${path}\0` } as const;
      return (await ferry.host.run([...rsync, '-e', rsh, `${gateway.guid}:.`, stolen], call)).exitCode;
    };
    expect(await fetch('summary.json')).toBe(0); // so the way is open
    for (const path of [`logs/${own}`, `../homeward/logs/${own}`, `/homeward/logs/${own}`])
      expect(await fetch(path)).not.toBe(0);
    expect(readdirSync(stolen)).toStrictEqual(['summary.json']);
    expect(await bytesSent(gateway, link.ends[1].name)).toBeLessThan(500_000);
    expect(existsSync(gateway.layout.relayLogs) ? readdirSync(gateway.layout.relayLogs) : []).toStrictEqual(
      [],
    );
  },
);

test.skipIf(!canMakeHosts)(
  'a stolen ferry is refused where the roster has come, and what it signs is not taken (root, network namespaces)',
  { timeout: 300_000 },
  async () => {
    fleet = await Fleet.make();
    const kiosk = await fleet.add('kiosk');
    const stolen = await fleet.add('ferry');
    const bus = await fleet.add('ferry');
    await fleet.link(kiosk, stolen);
    await fleet.link(kiosk, bus);
    putArchive(kiosk.layout.relayLogs, await kiosk.signer(), { sequence: 1 });
    // The roster comes with the bus, the second serial is the stolen ferry's.
    writeFileSync(join(bus.layout.relay, 'roster.zip'), fleet.roster(1, 2), { mode: 0o444 });
    for (const node of [kiosk, bus]) node.start();
    await until(() => existsSync(join(kiosk.layout.relay, 'roster.zip')), 'the roster at the kiosk', {
      told,
    });
    stolen.start();
    await until(() => /revoked|Permission denied|contact\.connect/.test(stolen.said()), 'the stolen ferry', {
      told,
    });
    expect(kiosk.said()).toMatch(/revoked/i);
    expect((await stolen.host.ferryman(['neighbours'])).stdout).toContain('does not let this node in');
    expect(existsSync(join(stolen.layout.relayLogs, kiosk.guid))).toBe(false);
    await until(
      async () => {
        await new Promise((resolve) => void setTimeout(resolve, 500));
        const { stdout } = await kiosk.host.ferryman(['neighbours', '--json']);
        return !stdout.includes(stolen.guid);
      },
      'the kiosk does not know the stolen ferry',
      { told },
    );
  },
);
