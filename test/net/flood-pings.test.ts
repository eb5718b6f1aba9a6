/** Pings by the ten thousand, of every bad kind, from one address and from many. Needs root. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import { signPing } from '../../src/parcel/ping.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { fixedKey } from '../kit/office.ts';
import { putArchive, usualPath, type NodeSigner } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Fleet, guidOf, until, type Node } from './fleet.ts';

afterAll(removeFolders);
let fleet: Fleet | undefined;
afterEach(async () => fleet?.stop());

const seconds = 4;
const perSecond = 10_000;
const addresses = 200;

/** $0 is node: sends datagrams in turn, at a pace, from addresses in turn, with counters that rise where a text has `COUNTER`. */
const sender = `
const { createSocket } = require('node:dgram');
const { readFileSync } = require('node:fs');
const [file, target, first, count, perSecond, seconds] = process.argv.slice(1);
const pings = JSON.parse(readFileSync(file, 'utf8')).map((text) => Buffer.from(text, 'base64'));
const sockets = Array.from({ length: Number(count) }, (_, index) => {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, first.replace(/\\d+$/, (last) => String(Number(last) + index)));
  return socket;
});
let sent = 0;
const began = performance.now();
const tick = () => {
  const due = Math.min(perSecond * seconds, ((performance.now() - began) / 1000) * perSecond);
  for (; sent < due; sent++) sockets[sent % sockets.length].send(pings[sent % pings.length], 7821, target, () => undefined);
  if (sent < perSecond * seconds) setTimeout(tick, 2);
  else setTimeout(() => (console.log(sent), process.exit(0)), 200);
};
setTimeout(tick, 200);
`;

function ping(by: NodeSigner, counter: number, line = by.line): Buffer {
  const terms = { node: by.guid, incarnation: '00000000000000ee', counter, port: 7822, roster: 0 };
  return signPing({ ...terms, holdings: 'ab'.repeat(8) }, by.key, line);
}

async function cpuSeconds(node: Node): Promise<number> {
  const stat = readFileSync(`/proc/${await node.daemonPid()}/stat`, 'utf8');
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
  return (user + system) / 100;
}

test.skipIf(!canMakeHosts)(
  'bad pings without number cost little, are counted by reason and lead to no contact; an honest neighbour is heard (root, network namespaces)',
  { timeout: 300_000 },
  async () => {
    fleet = await Fleet.make();
    const ferry = await fleet.add('ferry');
    const attacker = await fleet.add('kiosk');
    const honest = await fleet.add('kiosk');
    const link = await fleet.link(ferry, attacker);
    await fleet.link(ferry, honest);
    const [own, good] = [await attacker.signer(), await honest.signer()];
    await attacker.host.run([
      'sh',
      '-c',
      `for i in $(seq 10 ${10 + addresses}); do ip addr add 10.9.1.$i/24 dev ${link.ends[1].name}; done`,
    ]);
    const told = (): string => ferry.said();
    for (const node of [ferry, honest]) node.start();
    let given = 0;
    const giveAndTake = async (): Promise<void> => {
      given += 1;
      putArchive(honest.layout.relayLogs, good, { sequence: given });
      await until(
        () => existsSync(usualPath(ferry.layout.relayLogs, honest, given)),
        'the honest neighbour',
        {
          told,
        },
      );
    };
    await giveAndTake();

    const stranger = { guid: guidOf(77), key: fixedKey(0x77) };
    const terms = {
      node: stranger.guid,
      role: 'kiosk',
      serial: 77,
      created: '2026-11-01T00:00:00Z',
    } as const;
    const foreign = signEnrolment({ ...terms, identity: publicKeyOf(stranger.key) }, fixedKey(0x78));
    const bad = [
      Buffer.from('hello'),
      Buffer.alloc(1400, 0x41),
      ping({ ...stranger, line: foreign }, 1),
      ping({ ...own, key: fixedKey(9) }, 1), // forged
      ping({ ...own, guid: honest.guid }, 1), // speaks for another
    ];
    const file = join(attacker.host.root, 'pings.json');
    writeFileSync(file, JSON.stringify(bad.map((one) => one.toString('base64'))));
    for (const count of [1, addresses]) {
      const before = await cpuSeconds(ferry);
      const args = [file, '10.9.1.1', '10.9.1.10', String(count), String(perSecond), String(seconds)];
      const flooding = attacker.host.start([process.execPath, '-e', sender, ...args]);
      await giveAndTake();
      const { stdout, stderr } = await flooding.ended;
      expect(stderr).toBe('');
      const cost = (await cpuSeconds(ferry)) - before;
      // Measured is a quarter of it, the exchange with the honest neighbour included.
      expect(cost / Number(stdout)).toBeLessThan(signatureSeconds());
    }
    expect((await ferry.stopDaemon())?.exitCode).toBe(0);
    const { stdout } = await ferry.host.ferryman(['neighbours', '--json']);
    const { neighbours, refusedPings } = JSON.parse(stdout) as {
      neighbours: { node: string; contacts: number }[];
      refusedPings: Record<string, number>;
    };
    expect(neighbours.map(({ node }) => node)).toStrictEqual([honest.guid]);
    for (const why of ['malformed', 'oversize', 'foreign', 'forged', 'limited'])
      expect(refusedPings[why] ?? 0).toBeGreaterThan(0);
  },
);

/** Processor time of checking one signature on this machine: what a ping must not cost that is refused before. */
function signatureSeconds(): number {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const message = Buffer.from('a ping');
  const signature = sign(null, message, privateKey);
  const times = 2000;
  const begin = process.cpuUsage();
  for (let turn = 0; turn < times; turn += 1) verify(null, message, publicKey, signature);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6 / times;
}
