/** Several pools that exchange, with all that can happen to them: what must hold at every moment. Production code, no network. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { Archive } from '../../src/flood/decide/archive.ts';
import { archiveLabel } from '../../src/flood/pool/archive-name.ts';
import { Pool } from '../../src/flood/pool/pool.ts';
import { proveArchive } from '../../src/flood/pool/prove-archive.ts';
import { listArchives } from '../../src/flood/pool/scan.ts';
import { chainOver } from '../../src/parcel/chain.ts';
import {
  each,
  includes,
  nothing,
  one,
  subtract,
  union,
  type SequenceSet,
} from '../../src/parcel/sequence-sets.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { signedAck, type NodeSigner } from '../net/archives.ts';
import { enrolledNode, nodeTrust } from './nodes.ts';
import { incarnation, PoolNode } from './pool-node.ts';

afterAll(removeFolders);

const runs = Number(process.env['FERRYMAN_POOL_RUNS'] ?? 12);
/** For some four. */
const poolBytes = 6500;
/** For manifest and signature the packer leaves 16 KiB: room for some three. */
const ownBytes = 24_000;

/** What comes home: the store of a proxy, and all acknowledgements that it has ever signed. */
class Home {
  readonly folder = temporaryFolder();
  readonly proxy: NodeSigner;
  readonly stored = new Map<string, string>();
  readonly #held = new Map<string, SequenceSet>();
  readonly #voids = new Map<string, SequenceSet>();
  acks = 0;

  constructor(proxy: NodeSigner) {
    this.proxy = proxy;
  }

  async fetchFrom(node: PoolNode, atMost = Infinity): Promise<void> {
    let taken = 0;
    const archives = [];
    for await (const { archive } of listArchives(node.relay.pool.folder)) archives.push(archive);
    // So that the two hold different ones.
    if (this.proxy.guid.endsWith('1')) archives.reverse();
    for (const archive of archives) {
      if (this.stored.has(archiveLabel(archive)) || ++taken > atMost) continue;
      const { digest, voids } = await proveArchive(node.relay.pool.pathOf(archive), archive, nodeTrust());
      this.stored.set(archiveLabel(archive), digest);
      this.#held.set(archive.origin, union(this.#held.get(archive.origin) ?? nothing, one(archive.sequence)));
      this.#voids.set(archive.origin, union(this.#voids.get(archive.origin) ?? nothing, voids));
    }
  }

  acknowledge(): void {
    this.acks += 1;
    const origins = [...this.#held.keys()].toSorted().map((origin) => {
      const held = this.#held.get(origin) ?? nothing;
      const digests = [...each(held)].map(
        (sequence) => this.stored.get(`${origin}/${incarnation}/${sequence}`) ?? '',
      );
      const voids = subtract(this.#voids.get(origin) ?? nothing, held);
      return { origin, incarnation, held, voids, digest: chainOver(digests) };
    });
    this.#write(this.acks, signedAck(this.proxy, { number: this.acks, origins }));
  }

  /** Hands one of its acknowledgements to a node, by whoever carries it. */
  async carry(number: number, node: PoolNode): Promise<void> {
    await node.takeAck(join(this.folder, String(number)), { proxy: this.proxy.guid, shard: 0 });
  }

  #write(number: number, bytes: Buffer): void {
    mkdirSync(join(this.folder, String(number), 'acks'), { recursive: true });
    writeFileSync(join(this.folder, String(number), 'acks', `${this.proxy.guid}.0.zip`), bytes);
  }
}

/** All nodes, and what was ever true of them. */
class World {
  readonly homes = [0x50, 0x51].map((seed) => new Home(enrolledNode(seed, 'proxy')));
  readonly nodes: PoolNode[] = [];
  /** Digests of all archives that were ever made, by their labels. */
  readonly #made = new Map<string, string>();
  readonly #covered = new Map<string, SequenceSet>();
  readonly #proven = new Map<string, string>();

  static async make(): Promise<World> {
    const world = new World();
    for (const [index, role] of (['kiosk', 'ferry', 'ferry', 'kiosk'] as const).entries())
      world.nodes.push(await PoolNode.start(temporaryFolder(), index + 1, role, { poolBytes, ownBytes }));
    return world;
  }

  home(index: number): Home {
    const home = this.homes[index % this.homes.length];
    if (!home) throw new Error('expected proxies');
    return home;
  }

  node(index: number): PoolNode {
    const node = this.nodes[index % this.nodes.length];
    if (!node) throw new Error('expected nodes');
    return node;
  }

  async pack(node: PoolNode, logClass: 'short' | 'long', bytes: number): Promise<void> {
    const sequence = node.pack(logClass, randomBytes(bytes));
    const digest = node.ledger.logArchives.find(sequence)?.digest ?? '';
    this.#made.set(`${node.guid}/${incarnation}/${sequence}`, digest);
    await node.relay.look();
  }

  close(): void {
    for (const node of this.nodes) {
      node.ledger.close();
      rmSync(node.layout.root, { recursive: true, force: true });
    }
  }

  /** A file that stays as it is proves what it has proven. */
  async #digestOf(pool: Pool, archive: Archive): Promise<string> {
    const path = pool.pathOf(archive);
    const { ino, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    const key = [path, ino, mtimeNs, ctimeNs].join(':');
    const digest = this.#proven.get(key) ?? (await proveArchive(path, archive, nodeTrust())).digest;
    this.#proven.set(key, digest);
    return digest;
  }

  /** @returns what is lost, resurrected, corrupt or in excess */
  async violations(): Promise<string[]> {
    const wrong: string[] = [];
    const somewhere = new Set(this.homes.flatMap(({ stored }) => [...stored.keys()]));
    for (const node of this.nodes)
      wrong.push(...(await this.#inPool(node, somewhere)), ...this.#ofCover(node));
    for (const { guid, ledger } of this.nodes)
      for (const sequence of each(ledger.logArchives.voids()))
        somewhere.add(`${guid}/${incarnation}/${sequence}`);
    for (const label of this.#made.keys()) if (!somewhere.has(label)) wrong.push(`${label} is lost`);
    return wrong;
  }

  async #inPool(node: PoolNode, somewhere: Set<string>): Promise<string[]> {
    const wrong: string[] = [];
    const { pool, acks } = node.relay;
    let foreignBytes = 0;
    for await (const { archive } of listArchives(pool.folder)) {
      const label = archiveLabel(archive);
      somewhere.add(label);
      if ((await this.#digestOf(pool, archive)) !== this.#made.get(label)) wrong.push(`${label} is another`);
      if (archive.origin === node.guid) continue;
      foreignBytes += archive.bytes;
      if (acks.cover.has(archive)) wrong.push(`${label} is covered, and at ${node.guid}`);
    }
    if (foreignBytes > poolBytes) wrong.push(`${foreignBytes} bytes at ${node.guid}`);
    const anew = new Pool(pool.folder, node.guid);
    await anew.load();
    await pool.lookAtOwn();
    const [remembered, found] = [pool, anew].map((seen) => JSON.stringify(seen.holdings()));
    if (remembered !== found) wrong.push(`${node.guid} remembers ${remembered}, found ${found}`);
    for (const { sequence, class: kind } of node.ledger.logArchives.waiting())
      if (!existsSync(pool.pathOf({ origin: node.guid, incarnation, sequence, class: kind })))
        wrong.push(`own ${sequence} of ${node.guid} is gone`);
    return wrong;
  }

  #ofCover(node: PoolNode): string[] {
    return this.nodes.flatMap(({ guid: origin }) => {
      const key = `cover of ${origin} at ${node.guid}`;
      const covered = node.relay.acks.cover.of({ origin, incarnation });
      const before = this.#covered.get(key) ?? nothing;
      this.#covered.set(key, covered);
      return includes(covered, before) ? [] : [`${key} falls`];
    });
  }
}

/** `told`: for who reads a counterexample. */
interface Step {
  readonly told: string;
  readonly run: (world: World) => Promise<void>;
}
const which = fc.nat({ max: 3 });

const meet = fc
  .tuple(which, which, fc.option(fc.nat({ max: 3 }), { nil: Infinity }))
  .map(([to, from, atMost]): Step => ({
    told: `${to} pulls from ${from}, at most ${atMost}`,
    run: async (world) => {
      if (to !== from) await world.node(to).pullFrom(world.node(from), { atMost });
    },
  }));
const spoilt = fc.tuple(which, which, fc.nat({ max: 5000 })).map(([to, from, at]): Step => ({
  told: `${to} pulls from ${from}, one bit flipped at ${at}`,
  run: async (world) => {
    if (to !== from) await world.node(to).pullFrom(world.node(from), { spoil: (path) => flip(path, at) });
  },
}));
const pack = fc
  .tuple(which, fc.constantFrom('short', 'long'), fc.integer({ min: 1, max: 2500 }))
  .map(([node, logClass, bytes]): Step => ({
    told: `${node} packs ${bytes} bytes, ${logClass}`,
    run: (world) => world.pack(world.node(node), logClass, bytes),
  }));
const whichHome = fc.nat({ max: 1 });
const bringHome = fc.tuple(whichHome, which, fc.nat({ max: 3 })).map(([home, node, atMost]): Step => ({
  told: `proxy ${home} takes ${atMost} from ${node}`,
  run: (world) => world.home(home).fetchFrom(world.node(node), atMost),
}));
const acknowledge = whichHome.map((home): Step => ({
  told: `proxy ${home} acknowledges`,
  run: (world) => Promise.resolve(world.home(home).acknowledge()),
}));
const carryAck = fc.tuple(whichHome, which, fc.nat({ max: 5 })).map(([home, node, back]): Step => ({
  told: `${node} is given the newest acknowledgement of proxy ${home} but ${back}`,
  run: async (world) => {
    const { acks } = world.home(home);
    if (acks > back) await world.home(home).carry(acks - back, world.node(node));
  },
}));
/** All at once, since by chance it seldom comes together: a part of what a node has comes home, and word of it goes out. */
const deliver = fc
  .tuple(whichHome, which, fc.integer({ min: 1, max: 3 }), fc.uniqueArray(which, { minLength: 1 }))
  .map(([home, from, atMost, to]): Step => ({
    told: `proxy ${home} takes ${atMost} from ${from}, and acknowledges to ${to.join()}`,
    run: async (world) => {
      await world.home(home).fetchFrom(world.node(from), atMost);
      world.home(home).acknowledge();
      for (const node of to) await world.home(home).carry(world.home(home).acks, world.node(node));
    },
  }));
/** Two contacts of one node side by side: one begins and ends while the other has fetched all and taken nothing in. */
const meetTwo = fc
  .uniqueArray(which, { minLength: 3, maxLength: 3 })
  .map(([to = 0, first = 1, second = 2]): Step => ({
    told: `${to} pulls from ${first} and ${second} at a time`,
    run: async (world) => {
      const [node, offer] = [world.node(to), await world.node(second).offer()];
      await node.pullFrom(world.node(first), { meanwhile: () => node.pull(offer) });
    },
  }));
const swapped = fc.tuple(which, which, which).map(([to, from, other]): Step => ({
  told: `${to} pulls from ${from}, who sends what ${other} has, under the names that were asked for`,
  run: async (world) => {
    if (to === from) return;
    const others = await world.node(other).files();
    let next = 0;
    const spoil = (path: string): void => {
      const file = others[next++ % Math.max(1, others.length)];
      if (file !== undefined) replace(path, readFileSync(file));
    };
    await world.node(to).pullFrom(world.node(from), { spoil });
  },
}));
const belittled = fc.tuple(which, which).map(([to, from]): Step => ({
  told: `${to} pulls from ${from}, who calls its archives small`,
  run: async (world) => {
    const offer = await world.node(from).offer();
    const summary = Buffer.from(offer.summary.toString().replaceAll(/"bytes":\d+/g, '"bytes":1'));
    if (to !== from) await world.node(to).pull({ ...offer, summary });
  },
}));
const restart = which.map((node): Step => ({
  told: `${node} starts anew`,
  run: (world) => world.node(node).restart(),
}));
const setClock = fc
  .tuple(which, fc.constantFrom('1970-01-01T00:00:00Z', '2106-02-07T06:28:15Z'))
  .map(([node, now]): Step => ({
    told: `it is ${now} at ${node}`,
    run: (world) => {
      world.node(node).now = now;
      return Promise.resolve();
    },
  }));

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ 1, at % bytes.length);
  replace(path, bytes);
}

function replace(path: string, bytes: Buffer): void {
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

const step = fc.oneof(
  { weight: 6, arbitrary: meet },
  { weight: 5, arbitrary: pack },
  { weight: 1, arbitrary: spoilt },
  { weight: 1, arbitrary: swapped },
  { weight: 1, arbitrary: belittled },
  { weight: 3, arbitrary: meetTwo },
  { weight: 4, arbitrary: deliver },
  { weight: 2, arbitrary: bringHome },
  { weight: 2, arbitrary: acknowledge },
  { weight: 3, arbitrary: carryAck },
  { weight: 1, arbitrary: restart },
  { weight: 1, arbitrary: setClock },
);

test(`whatever happens to pools that exchange, nothing is lost, resurrected or spoilt (${runs} histories; FERRYMAN_POOL_RUNS for more)`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const world = await World.make();
      try {
        for (const node of world.nodes)
          for (const logClass of ['short', 'long'] as const) await world.pack(node, logClass, 100);
        for (const { run } of steps) {
          await run(world);
          expect(await world.violations()).toStrictEqual([]);
        }
        // In the end all comes home, and every pool gets empty.
        for (const home of world.homes) {
          for (const node of world.nodes) await home.fetchFrom(node);
          home.acknowledge();
          for (const node of world.nodes) await home.carry(home.acks, node);
        }
        expect(await world.violations()).toStrictEqual([]);
        expect(world.nodes.flatMap(({ alarms }) => alarms)).toStrictEqual([]);
        expect(world.nodes.flatMap(({ relay }) => relay.pool.holdings())).toStrictEqual([]);
      } finally {
        world.close();
      }
    }),
    { numRuns: runs },
  );
}, 300_000);
