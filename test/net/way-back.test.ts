import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { enrolmentPlaces } from '../../src/enrol/places.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { archivesIn, putArchive, testIncarnation } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Fleet, guidOf, until, type Node } from './fleet.ts';
import { startHost, type Host } from './host.ts';

const canHide =
  canMakeHosts &&
  spawnSync('unshare', [
    '--net',
    'nft',
    'add table ip t; add chain ip t c { type nat hook postrouting priority 100; }; add rule ip t c masquerade',
  ]).status === 0;

afterAll(removeFolders);
let fleet: Fleet | undefined;
let router: Host | undefined;
afterEach(async () => {
  await fleet?.stop();
  await router?.stop();
});

const told = (): string => fleet?.nodes.map((node) => `=== ${node.role} ${node.said()}`).join('\n') ?? '';

const must = async (host: Host, command: string): Promise<string> => {
  const ran = await host.run(['sh', '-c', command]);
  if (ran.exitCode !== 0) throw new Error(`${command}: ${ran.stderr}`);
  return ran.stdout;
};

function stored(proxy: Node, origin: Node): string[] {
  const ofOrigin = `${origin.guid}/${testIncarnation}/`;
  return archivesIn(join(proxy.layout.state, 'store')).flatMap((path) =>
    path.startsWith(ofOrigin) ? path.slice(ofOrigin.length) : [],
  );
}

test.skipIf(!canHide)(
  'a gateway behind NAT delivers archives to a proxy that cannot call it, and again after its way back was cut (root, network namespaces, nftables)',
  { timeout: 300_000 },
  async () => {
    fleet = await Fleet.make();
    const port = 20_001;
    const gateway = await fleet.add(
      'gateway',
      `peers = ["${guidOf(2)}@10.9.2.2:7822"]\nreverse = ["${guidOf(2)}:${port}"]\n`,
    );
    const proxy = await fleet.add('proxy', `reverse = ["${guidOf(1)}:${port}"]\n`);
    router = await startHost({ ownNetwork: true });
    const inside = await fleet.link(gateway, { host: router });
    const outside = await fleet.link({ host: router }, proxy);
    await must(gateway.host, `ip route add default via ${inside.ends[1].address}`);
    await must(
      router,
      `echo 1 >/proc/sys/net/ipv4/ip_forward; nft 'add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname ${outside.ends[0].name} masquerade'`,
    );
    expect((await proxy.host.run(['ip', 'route', 'get', inside.ends[0].address])).exitCode).not.toBe(0);

    const isNobodyListening = async (): Promise<boolean> =>
      (await proxy.host.run(['ss', '-Hltn', `sport = :${port}`])).stdout === '';
    const signer = await gateway.signer();
    putArchive(gateway.layout.homewardLogs, signer, { sequence: 1, bytes: 200_000 });
    // A minute, in earnest: so long do both need to find that the other is gone without a word.
    for (const file of [enrolmentPlaces(gateway.layout).sshConfig, enrolmentPlaces(proxy.layout).sshdConfig])
      writeFileSync(file, readFileSync(file, 'utf8').replace('AliveInterval 20', 'AliveInterval 1'));
    mkdirSync(join(proxy.host.root, 'var/log'), { recursive: true });
    writeFileSync(join(proxy.host.root, 'var/log/syslog'), 'a line of the proxy\n');
    expect((await proxy.host.ferryman(['logs', 'pack'])).exitCode).toBe(0);
    proxy.start();
    gateway.start();
    await until(() => stored(proxy, gateway).length === 1, 'the first archive at the proxy', { told });

    // As when the proxy has lost power: its end of the way is gone at once, and the gateway makes it anew.
    await must(
      proxy.host,
      `ss -Hltnp 'sport = :${port}' | grep -o 'pid=[0-9]*' | cut -d= -f2 | xargs -r kill -9 || true`,
    );
    putArchive(gateway.layout.homewardLogs, signer, { sequence: 2, bytes: 1000 });
    await until(() => stored(proxy, gateway).length === 2, 'the second archive at the proxy', { told });
    expect(stored(proxy, gateway)).toEqual(['0000000001.long.zip', '0000000002.long.zip']);

    expect(readdirSync(join(proxy.layout.state, 'store', proxy.guid))).toHaveLength(2); // shard, incarnation
    await until(
      async () => {
        const { stdout, exitCode } = await proxy.host.ferryman(['logs', 'status', '--json']);
        if (exitCode !== 0) return false;
        const status = JSON.parse(stdout) as {
          deliveredUpTo: number;
          waiting: { long: { archives: number } };
        };
        return status.deliveredUpTo === 1 && status.waiting.long.archives === 0;
      },
      "the proxy's own archive is delivered",
      { told },
    );

    // Not a word of the end comes through.
    await outside.down();
    await until(isNobodyListening, 'the proxy lets go of the port', { told });
    putArchive(gateway.layout.homewardLogs, signer, { sequence: 3, bytes: 1000 });
    await outside.up();
    await until(() => stored(proxy, gateway).length === 3, 'the third archive at the proxy', { told });

    await gateway.stopDaemon('SIGKILL');
    await until(isNobodyListening, 'nobody listens once the daemon of the gateway was killed', { told });
  },
);
