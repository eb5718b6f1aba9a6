import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { enrolmentPlaces } from '../../src/enrol/places.ts';
import { sshOptions } from '../../src/enrol/ssh-command.ts';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import { proxyPlaces } from '../../src/proxy/places.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { paperNode, putArchive, testIncarnation } from './archives.ts';
import { capture, tapEndpoint, type Packet } from './capture.ts';
import { signedUpdate } from '../kit/office.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { floodUser } from './host.ts';
import { Fleet, officeKey, until, type Node } from './fleet.ts';

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
  'a capture of all that leaves a gateway: to a proxy go its logs, to a ferry no byte of them, nor their names (root, network namespaces, tcpdump)',
  { timeout: 300_000 },
  async () => {
    fleet = await Fleet.make();
    const ferry = await fleet.add('ferry');
    const gateway = await fleet.add('gateway');
    const proxy = await fleet.add('proxy', `peers = ["${gateway.guid}@10.9.2.1:7822"]\n`);
    const toFerry = await fleet.link(gateway, ferry);
    const toProxy = await fleet.link(gateway, proxy);
    const marker = 'the marked line of a log';
    const [origin, other] = [paperNode(1, 'kiosk'), paperNode(2, 'kiosk')];
    const contents = Buffer.concat([randomBytes(2_000_000), Buffer.from(marker), randomBytes(2_000_000)]);
    const draft = { sequence: 1, contents };
    putArchive(gateway.layout.homewardLogs, origin, draft);
    const path = archivePath({
      origin: origin.guid,
      incarnation: testIncarnation,
      sequence: 1,
      class: 'long',
    });
    const archive = readFileSync(join(gateway.layout.homewardLogs, path));
    expect(archive.includes(marker)).toBe(true);
    const said = await tapEndpoint(gateway);
    const captures = [
      await capture(gateway, toFerry.ends[0].name),
      await capture(gateway, toProxy.ends[0].name),
    ];
    // Both have something that is new for the other.
    putArchive(ferry.layout.relayLogs, other, { sequence: 1 });
    const update = signedUpdate({ sequence: 1 }, officeKey);
    writeFileSync(join(gateway.layout.backhaul, 'update.zip'), update);
    for (const node of [ferry, gateway, proxy]) node.start();
    const store = proxyPlaces(proxy.layout).store;
    await until(
      () => [path, path.replace(origin.guid, other.guid)].every((one) => existsSync(join(store, one))),
      'all logs at the proxy',
      { told },
    );
    await until(() => readdirSync(ferry.layout.relayUpdates).length > 0, 'the update at the ferry', { told });
    const [near = [], far = []] = [await captures[0]?.(), await captures[1]?.()];

    // What ssh hides: as it was said to each.
    const parts = [archive.subarray(0, 64), archive.subarray(2_000_000, 2_000_064), archive.subarray(-64)];
    const secrets = [Buffer.from(marker), ...parts, Buffer.from(origin.guid)];
    const plain = (guid: string): Buffer => unzipped(said(guid));
    expect(secrets.map((secret) => plain(proxy.guid).includes(secret))).toStrictEqual(
      secrets.map(() => true),
    );
    expect(plain(ferry.guid).toString('latin1')).toContain('"kind":"summary"');
    expect(secrets.filter((secret) => plain(ferry.guid).includes(secret))).toStrictEqual([]);
    // What is on the wire: as many bytes as that, and no other way.
    const [atGateway, atProxy] = [toFerry.ends[0].address, toProxy.ends[0].address];
    expect(bytesFrom(far, atProxy)).toBeGreaterThan(archive.length);
    expect(bytesFrom(near, atGateway)).toBeGreaterThan(1000);
    expect(bytesFrom(near, atGateway)).toBeLessThan(200_000);
    expect(near.filter(({ bytes }) => secrets.some((secret) => bytes.includes(secret)))).toStrictEqual([]);
    const ports = new Set(near.flatMap(({ bytes }) => [bytes.readUInt16BE(20), bytes.readUInt16BE(22)]));
    expect([7821, 7822].every((port) => ports.has(port))).toBe(true);
    for (const { bytes } of near)
      expect([7821, 7822]).toContain(
        [7821, 7822].includes(bytes.readUInt16BE(20)) ? bytes.readUInt16BE(20) : bytes.readUInt16BE(22),
      );
  },
);

function bytesFrom(packets: readonly Packet[], host: string): number {
  return packets.filter(({ from }) => from === host).reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function isZipped(said: Buffer): boolean {
  return said.subarray(0, 2).equals(Buffer.from('1f8b', 'hex'));
}

/** Summaries are compressed; what rsync sends is not. */
function unzipped(answers: readonly Buffer[]): Buffer {
  return Buffer.concat(answers.flatMap((said) => (isZipped(said) ? [said, gunzipSync(said)] : [said])));
}

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
