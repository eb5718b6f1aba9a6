import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { openFleetStore } from '../../src/fleet/store/open-store.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { signedUpdate } from '../kit/office.ts';
import { archivesIn } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Fleet, guidOf, officeKey, until, type Node } from './fleet.ts';

afterAll(removeFolders);
let fleet: Fleet | undefined;
afterEach(async () => fleet?.stop());

const spool = (node: Node): string =>
  node.role === 'gateway' ? node.layout.homewardLogs : node.layout.relayLogs;

/** What the script of the update has left. */
function ran(node: Node): string {
  const file = join(node.host.root, 'ran');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

async function packed(node: Node): Promise<string[]> {
  await until(() => archivesIn(spool(node)).length > 0, `archives of ${node.role}`, {
    told: () => node.said(),
  });
  return archivesIn(spool(node));
}

/** Nodes of which the fleet store of a proxy knows the version: their archives have told it. */
async function fedFrom({ layout }: Node): Promise<string[]> {
  const store = await openFleetStore({ store: 'sqlite', file: layout.fleetFile });
  try {
    const rows = await store.db
      .selectFrom('nodes')
      .select('guid')
      .where('version', 'is not', null)
      .orderBy('guid')
      .execute();
    return rows.map(({ guid }) => guid);
  } finally {
    await store.close();
  }
}

test.skipIf(!canMakeHosts)(
  'on a line of kiosk, ferries, gateway and proxy every archive comes home once, every spool gets empty, and an update spreads the other way (root, network namespaces)',
  { timeout: 600_000 },
  async () => {
    fleet = await Fleet.make();
    const kiosk = await fleet.add('kiosk');
    const bus = await fleet.add('ferry');
    const van = await fleet.add('ferry');
    // The backbone is the fourth link; what a gateway has for a proxy is not in its broadcasts.
    const gateway = await fleet.add('gateway', `peers = ["${guidOf(5)}@10.9.4.2:7822"]\n`);
    const proxy = await fleet.add('proxy', `peers = ["${guidOf(4)}@10.9.4.1:7822"]\n`);
    const nodes = [kiosk, bus, van, gateway];
    const told = (): string => fleet?.nodes.map((node) => `=== ${node.role} ${node.said()}`).join('\n') ?? '';
    const atKiosk = await fleet.link(kiosk, bus);
    const onTheRoad = await fleet.link(bus, van);
    const inTown = await fleet.link(van, gateway);
    const backbone = await fleet.link(gateway, proxy);
    for (const link of [atKiosk, onTheRoad, inTown, backbone]) await link.down();
    for (const node of nodes) {
      mkdirSync(join(node.host.root, 'var/log'), { recursive: true });
      writeFileSync(
        join(node.host.root, 'var/log/syslog'),
        `something happened at ${node.guid}\n`.repeat(50),
      );
    }
    for (const node of fleet.nodes) node.start();
    const made: string[] = [];
    for (const node of nodes) made.push(...(await packed(node)));
    made.sort();

    await atKiosk.up();
    const ofKiosk = made.filter((path) => path.startsWith(kiosk.guid));
    await until(
      () => ofKiosk.every((path) => archivesIn(spool(bus)).includes(path)),
      'the kiosk at the bus',
      { told },
    );
    await atKiosk.down();
    await onTheRoad.up();
    await until(
      () => ofKiosk.every((path) => archivesIn(spool(van)).includes(path)),
      'the kiosk at the van',
      { told },
    );
    await onTheRoad.down();
    await inTown.up();
    await until(
      () => ofKiosk.every((path) => archivesIn(spool(gateway)).includes(path)),
      'the kiosk at the gateway',
      {
        told,
      },
    );
    await backbone.up();
    const store = join(proxy.layout.state, 'store');
    await until(() => made.every((path) => archivesIn(store).includes(path)), 'all at the proxy', { told });
    expect(archivesIn(store)).toStrictEqual(made);

    for (const link of [onTheRoad, atKiosk]) await link.up();
    await until(() => nodes.every((node) => archivesIn(spool(node)).length === 0), 'every spool empty', {
      told,
    });

    // What is acknowledged was fed before.
    expect(await fedFrom(proxy)).toEqual(expect.arrayContaining(nodes.map(({ guid }) => guid)));

    const update = signedUpdate({ sequence: 7, script: 'echo ran >> "$FERRYMAN_ROOT/ran"' }, officeKey);
    writeFileSync(join(proxy.layout.backhaul, 'update.zip'), update);
    await until(() => ran(kiosk) !== '', 'the update at the kiosk', { told });
    for (const node of fleet.nodes) expect(ran(node)).toBe('ran\n');
    const { stdout } = await kiosk.host.ferryman(['show', '7', '--json']);
    expect(stdout).toContain('"channel": "flood"');
  },
);
