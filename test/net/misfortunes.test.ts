/**
 * What becomes of nodes in the field, on real hosts: a clock at 1970, a kiosk that is set up anew, a ferry that is full, a ferry that was
 * away for a year. One fleet goes through it all: kiosk – ferry – proxy, and a second ferry at the first.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { proxyPlaces } from '../../src/proxy/places.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { signedUpdate } from '../kit/office.ts';
import { archivesIn, paperNode, putArchive, testIncarnation } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Fleet, officeKey, until, type Link, type Node } from './fleet.ts';

const mib = 1024 * 1024;
/** Another clock for one program. Not by `faketime`: its semaphore has the name of a process id, and each host counts processes anew. */
const clock = (spec: string): string[] => [
  'env',
  'LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1',
  'FAKETIME_DONT_FAKE_MONOTONIC=1',
  `FAKETIME=${spec}`,
];
const in1970 = clock('@1970-01-01 00:10:00');
const aYearAgo = clock('-365d');

let fleet: Fleet;
let kiosk: Node;
let ferry: Node;
let proxy: Node;
let straggler: Node;
let atProxy: Link;
let atStraggler: Link;

const told = (): string => fleet.nodes.map((node) => `=== ${node.role} ${node.said()}`).join('\n');
const spool = ({ layout }: Node): string[] => archivesIn(layout.relayLogs);
const stored = (): string[] => archivesIn(proxyPlaces(proxy.layout).store);
const hasAll = (there: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((path) => there.includes(path));

async function packed(node: Node): Promise<string[]> {
  const own = (): string[] => spool(node).filter((path) => path.startsWith(node.guid));
  await until(() => own().length > 0, 'own archives', { told });
  return own();
}

/** What the updates have left, in their order. */
function ran({ host }: Node): string {
  const file = join(host.root, 'ran');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function spread(sequence: number): void {
  const script = `echo ${sequence} >> "$FERRYMAN_ROOT/ran"`;
  writeFileSync(
    join(proxy.layout.backhaul, `${sequence}.zip`),
    signedUpdate({ sequence, script }, officeKey),
  );
}

/** A proxy that has just been started need not wait for the minute in which it acknowledges at most once. */
async function acknowledge(): Promise<void> {
  await proxy.stopDaemon();
  proxy.start();
}

/** Whose number is the highest of the acknowledgements here. */
function ackBytes({ layout }: Node): string {
  const [name] = existsSync(layout.relayAcks) ? readdirSync(layout.relayAcks) : [];
  return name === undefined ? '' : readFileSync(join(layout.relayAcks, name), 'latin1');
}

function write(node: Node, line: string): void {
  mkdirSync(join(node.host.root, 'var/log'), { recursive: true });
  writeFileSync(join(node.host.root, 'var/log/syslog'), `${line}\n`, { flag: 'a' });
}

describe.skipIf(!canMakeHosts)('a fleet in the field (root, network namespaces)', () => {
  beforeAll(async () => {
    fleet = await Fleet.make();
    kiosk = await fleet.add('kiosk');
    ferry = await fleet.add('ferry', 'poolMegabytes = 1\n');
    proxy = await fleet.add('proxy');
    straggler = await fleet.add('ferry');
    await fleet.link(kiosk, ferry);
    atProxy = await fleet.link(ferry, proxy);
    atStraggler = await fleet.link(straggler, ferry);
    await atStraggler.down();
  }, 600_000);
  afterEach(async () => {
    // Of papers, which have lines of their own making, nothing is expected.
    const unread = proxy
      .said()
      .split('\n')
      .filter((line) => line.includes('expected lines as docs/format.md says'))
      .filter((line) => fleet.nodes.some(({ guid }) => line.includes(`archive ${guid}/`)));
    for (const node of fleet.nodes) await node.stop();
    if (unread.length > 0) throw new Error(unread.join('\n'));
  });
  afterAll(async () => {
    await fleet.stop();
    removeFolders();
  });

  test('a kiosk and a ferry that believe it is 1970 bring logs home, let go of what is acknowledged, and run an update once', async () => {
    for (const node of [kiosk, ferry]) write(node, 'long ago');
    for (const node of [kiosk, ferry]) node.start(in1970);
    const made = [...(await packed(kiosk)), ...(await packed(ferry))];
    proxy.start();
    spread(7);
    await until(() => hasAll(stored(), made), 'all at the proxy', { told });
    const [first = ''] = made;
    const [origin = '', incarnation = ''] = first.split('/');
    const home = join(proxyPlaces(proxy.layout).unpacked, origin, incarnation, 'var/log/syslog');
    await until(() => existsSync(home), 'logs to be read', { told });
    expect(readFileSync(home, 'utf8')).toBe('long ago\n');
    await until(() => ran(kiosk) !== '' && ran(ferry) !== '', 'the update', { told });
    await acknowledge();
    await until(
      () => made.every((path) => ![...spool(kiosk), ...spool(ferry)].includes(path)),
      'spools that let go',
      { told },
    );
    for (const node of [kiosk, ferry, proxy]) expect(ran(node)).toBe('7\n');
    expect(stored().filter((path) => made.includes(path))).toStrictEqual(made.toSorted());
  }, 600_000);

  test('of a kiosk that is set up anew no new log is deleted for old acknowledgements, and no update of its image is played again', async () => {
    const before = stored().filter((path) => path.startsWith(kiosk.guid));
    await fleet.reimage(kiosk, 7);
    rmSync(join(kiosk.host.root, 'ran'));
    await atProxy.down();
    // Its former serial is the first that the office gave.
    writeFileSync(join(ferry.layout.relay, 'roster.zip'), fleet.roster(1, 1), { mode: 0o444 });
    writeFileSync(
      join(ferry.layout.backhaul, '8.zip'),
      signedUpdate({ sequence: 8, script: 'echo 8 >> "$FERRYMAN_ROOT/ran"' }, officeKey),
    );
    expect(ackBytes(ferry)).not.toBe('');
    for (const node of [ferry, kiosk]) node.start();
    const made = await packed(kiosk);
    expect(made.filter((path) => before.includes(path))).toStrictEqual([]);
    await until(
      () => hasAll(spool(ferry), made) && ackBytes(kiosk) !== '' && ran(kiosk) !== '',
      'logs there, acknowledgement and update here',
      { told },
    );
    expect(hasAll(spool(kiosk), made)).toBe(true);
    expect(ran(kiosk)).toBe('8\n');

    await atProxy.up();
    proxy.start();
    await until(() => hasAll(stored(), made), 'the new logs at the proxy', { told });
    await acknowledge();
    await until(() => !spool(kiosk).some((path) => made.includes(path)), 'the kiosk lets go', { told });
    expect(hasAll(stored(), [...before, ...made])).toBe(true);
    expect(ran(kiosk)).toBe('8\n');
  }, 600_000);

  test('a ferry that is full keeps its own logs, makes room for origins that have little there, and loses nothing that is not elsewhere: all comes home once', async () => {
    await atProxy.down();
    const [hog, meek] = [paperNode(1, 'kiosk'), paperNode(2, 'kiosk')];
    for (let sequence = 1; sequence <= 30; sequence += 1)
      putArchive(kiosk.layout.relayLogs, hog, { sequence, bytes: 60_000 });
    for (const sequence of [1, 2]) putArchive(straggler.layout.relayLogs, meek, { sequence, bytes: 50_000 });
    write(ferry, 'on the bus');
    expect(await ferry.host.ferryman(['logs', 'pack'])).toMatchObject({ exitCode: 0 });
    const own = spool(ferry).filter((path) => path.startsWith(ferry.guid));
    const of = (node: Node, { guid }: { readonly guid: string }): string[] =>
      spool(node).filter((path) => path.startsWith(guid));
    const all = [...of(kiosk, hog), ...of(straggler, meek), ...own];
    const bytes = (): number =>
      spool(ferry)
        .filter((path) => !path.startsWith(ferry.guid))
        .reduce(
          (sum, path) =>
            sum + (statSync(join(ferry.layout.relayLogs, path), { throwIfNoEntry: false })?.size ?? 0),
          0,
        );
    for (const node of [kiosk, ferry]) node.start();
    await until(() => bytes() > 0.85 * mib, 'a full ferry', { told });
    const full = of(ferry, hog).length;

    await atStraggler.up();
    straggler.start();
    await until(() => of(ferry, meek).length === 2, 'room for who has little there', { told });
    expect(bytes()).toBeLessThanOrEqual(mib);
    expect(of(ferry, hog).length).toBeLessThan(full);
    expect(hasAll(spool(ferry), own)).toBe(true);
    expect(of(kiosk, hog).length).toBe(30);

    await atProxy.up();
    proxy.start();
    for (let round = 0; round < 6 && !hasAll(stored(), all); round += 1) {
      const before = stored().length;
      await until(() => stored().length > before, 'more at the proxy', { told });
      await acknowledge();
    }
    await until(() => hasAll(stored(), all), 'all at the proxy', { told });
    await acknowledge();
    await until(() => !spool(kiosk).some((path) => all.includes(path)), 'the kiosk lets go', { told });
    expect(archivesIn(proxyPlaces(proxy.layout).forks)).toStrictEqual([]);
  }, 600_000);

  test('a ferry that was away for a year brings nothing back: neither what is acknowledged, nor voids, nor a closed incarnation, nor an old roster; what is new comes home', async () => {
    const [old, fresh] = [paperNode(3, 'kiosk'), paperNode(4, 'kiosk')];
    const closed = { origin: old.guid, incarnation: '00000000000000dd' };
    const drafts = [
      ...[1, 2, 3].map((sequence) => ({ sequence, lines: `${sequence}\n` })),
      { sequence: 5, lines: '5\n', voids: [{ first: 4, last: 4 }] },
    ];
    for (const draft of drafts) {
      putArchive(ferry.layout.relayLogs, old, draft);
      const path = `${old.guid}/${testIncarnation}/${String(draft.sequence).padStart(10, '0')}.long.zip`;
      mkdirSync(join(straggler.layout.relayLogs, path, '..'), { recursive: true });
      writeFileSync(
        join(straggler.layout.relayLogs, path),
        readFileSync(join(ferry.layout.relayLogs, path)),
        { mode: 0o444 },
      );
    }
    putArchive(straggler.layout.relayLogs, old, { sequence: 4, lines: '4\n' });
    putArchive(straggler.layout.relayLogs, old, {
      sequence: 1,
      lines: 'closed\n',
      incarnation: closed.incarnation,
    });
    putArchive(straggler.layout.relayLogs, fresh, { sequence: 1, lines: 'new\n' });
    const roster = fleet.fullRoster({ number: 2, revoked: [1], closed: [closed] });
    writeFileSync(join(ferry.layout.relay, 'roster.zip'), roster, { mode: 0o444 });
    await atStraggler.down();
    ferry.start();
    proxy.start();
    const gone = (node: Node): boolean => !spool(node).some((path) => path.startsWith(old.guid));
    await until(
      () => stored().filter((path) => path.startsWith(old.guid)).length === 4,
      'four at the proxy',
      { told },
    );
    await acknowledge();
    await until(() => gone(ferry), 'a ferry that lets go', { told });
    const held = stored();

    const fetched = async (): Promise<number> => {
      const { stdout } = await ferry.host.ferryman(['neighbours', '--json']);
      const { neighbours } = JSON.parse(stdout) as { neighbours: { node: string; parcelsIn: number }[] };
      return neighbours.find(({ node }) => node === straggler.guid)?.parcelsIn ?? 0;
    };
    const own = (): Set<string> =>
      new Set([...stored(), ...spool(ferry)].filter((path) => path.startsWith(straggler.guid)));
    const [fetchedBefore, ownBefore] = [await fetched(), own().size];
    await atStraggler.up();
    straggler.start(aYearAgo);
    await until(() => stored().some((path) => path.startsWith(fresh.guid)), 'the new one at the proxy', {
      told,
    });
    await until(() => gone(straggler), 'a straggler that lets go', { told });
    expect(gone(ferry)).toBe(true);
    expect(stored().filter((path) => !path.startsWith(fresh.guid))).toStrictEqual(held);
    const { unpacked } = proxyPlaces(proxy.layout);
    const ledger = join(unpacked, old.guid, testIncarnation, 'ledger.jsonl');
    expect(readFileSync(ledger, 'utf8')).toBe('1\n2\n3\n5\n');
    expect(existsSync(join(unpacked, old.guid, closed.incarnation))).toBe(false);
    for (const node of [ferry, straggler])
      expect(readFileSync(join(node.layout.relay, 'roster.zip'))).toStrictEqual(roster);
    // The new one, and what the straggler has packed of its own.
    expect((await fetched()) - fetchedBefore).toBe(1 + own().size - ownBefore);
  }, 600_000);
});
