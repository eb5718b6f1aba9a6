/** A node with its pool, and exchanges with others as contacts make them, without ssh: files are copied from offer to staging. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Beliefs } from '../../src/flood/beliefs.ts';
import { listWants, type Want } from '../../src/flood/decide/wants.ts';
import { offeredPath } from '../../src/flood/exchange/batches.ts';
import { KnownNeighbours } from '../../src/flood/exchange/known-neighbours.ts';
import { pullerFacts, type Pulling } from '../../src/flood/exchange/puller-facts.ts';
import { openStaging } from '../../src/flood/exchange/staging.ts';
import { takeParcels } from '../../src/flood/exchange/take-parcels.ts';
import { UnderWay } from '../../src/flood/exchange/under-way.ts';
import { takeOwnAcknowledged } from '../../src/flood/own-acknowledged.ts';
import { RelayTaker } from '../../src/flood/pool/relay-taker.ts';
import { listArchives } from '../../src/flood/pool/scan.ts';
import type { ArchiveIntake } from '../../src/flood/pool/taker.ts';
import { Strikes } from '../../src/flood/pool/strikes.ts';
import { Relay } from '../../src/flood/relay.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger } from '../../src/ledger/open.ts';
import { publish, settle, type Publisher } from '../../src/logs/publish.ts';
import { readPosition } from '../../src/logs/position.ts';
import { readConfig, type Config } from '../../src/node/config/read-config.ts';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { packedFile } from '../../src/parcel/pack.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { publicKeyOf, type SecretKey } from '../../src/parcel/secret-key.ts';
import { formatSummary, parseSummary } from '../../src/parcel/summary.ts';
import { enrolledNode, nodeTrust } from './nodes.ts';

export interface PoolSettings {
  /** For archives of others. */
  readonly poolBytes: number;
  /** For own archives. */
  readonly ownBytes: number;
  /** More of its configuration. */
  readonly config?: string;
}

export interface Offer {
  /** GUID. */
  readonly peer: string;
  readonly summary: Buffer;
  readonly folder: string;
}

export interface Transfer {
  /** Files that come before the link breaks. */
  readonly atMost?: number;
  /** What becomes of each on its way. */
  readonly spoil?: (path: string) => void;
  /** Everything has come, and nothing is taken in yet. */
  readonly beforeTaking?: () => void;
  /** The same moment, for another contact. */
  readonly meanwhile?: () => Promise<unknown>;
}

export const incarnation = '00000000000000aa';

export class PoolNode {
  readonly #settings: PoolSettings;
  readonly layout: Layout;
  readonly signer: ReturnType<typeof enrolledNode>;
  readonly #role: Role;
  readonly #config: Config;
  /** Of its daemon; a test may set its clock. */
  now = '2026-11-01T00:00:00Z';
  #contacts = 0;
  #trust = nodeTrust().trust;
  /** What was told of acknowledgements that are not right. */
  readonly alarms: string[] = [];
  ledger!: Ledger;
  pulling!: Pulling & { readonly taker: RelayTaker };

  private constructor(root: string, seed: number, role: Role, settings: PoolSettings) {
    this.#settings = settings;
    this.#role = role;
    this.layout = layoutUnder(root);
    this.signer = enrolledNode(seed, role);
    const { config, problems } = readConfig(
      `[node]\nguid = "${this.guid}"\nrole = "${role}"\n[trust]\nthreshold = 1\n${settings.config ?? ''}`,
      root,
    );
    if (!config) throw new Error(JSON.stringify(problems));
    this.#config = config;
    for (const folder of [this.layout.relayUpdates, this.layout.inbox, this.layout.homeward])
      mkdirSync(folder, { recursive: true });
  }

  static async start(root: string, seed: number, role: Role, settings: PoolSettings): Promise<PoolNode> {
    const node = new PoolNode(root, seed, role, settings);
    await node.#open();
    return node;
  }

  get guid(): string {
    return this.signer.guid;
  }

  get relay(): Relay {
    return this.pulling.relay;
  }

  async #open(): Promise<void> {
    const { layout } = this;
    this.ledger = makeLedger(layout.ledgerFile);
    if (this.ledger.fact('log-incarnation') === undefined)
      this.ledger.setFact('log-incarnation', incarnation);
    settle(this.#publisher);
    const host = { now: () => this.now, uptimeSeconds: () => 1, randomHex: () => incarnation };
    const own = {
      node: this.guid,
      role: this.#role,
      serial: 1,
      line: this.signer.line,
      identity: this.signer.key,
    };
    const beliefs = new Beliefs(() => this.#trust);
    const surroundings = {
      layout,
      config: this.#config,
      ledger: this.ledger,
      host,
      own,
      beliefs,
      tell: silent,
    };
    const relay = new Relay(surroundings, {
      rosterChanged: () => Promise.resolve(),
      acknowledged: (ack) => {
        const alarm = takeOwnAcknowledged({ layout, node: this.#config.node, ledger: this.ledger }, ack);
        if (alarm !== undefined) this.alarms.push(alarm);
        return Promise.resolve();
      },
    });
    const quarantine = {
      folder: layout.quarantine,
      notes: this.ledger.poolNotes,
      now: host.now,
      strikes: new Strikes(),
    };
    const room = { maxBytes: this.#settings.poolBytes, freeBytes: () => 1e9 };
    const known = new KnownNeighbours(this.ledger, this.#role, host);
    const value = known.value.bind(known);
    const taker = new RelayTaker(relay.pool, relay.acks.cover, { beliefs, quarantine, room, value });
    const handed = new Set<string>();
    this.pulling = { surroundings, relay, taker, quarantine, handed, known, underWay: new UnderWay() };
    await relay.open({ free: () => taker.free, meetings: () => known.meetings });
  }

  /** One more key of the office. */
  trustAlso(key: SecretKey): void {
    this.#trust = { ...this.#trust, keys: [...this.#trust.keys, publicKeyOf(key)] };
  }

  /** As after `kill -9`: what was in memory is gone. */
  async restart(): Promise<void> {
    this.ledger.close();
    await this.#open();
  }

  get #publisher(): Publisher {
    const { node } = this.#config;
    return {
      place: { layout: this.layout, node, incarnation },
      ledger: this.ledger,
      signer: { key: this.signer.key, enrolment: this.signer.line },
      now: () => this.now,
      capacityBytes: this.#settings.ownBytes,
    };
  }

  /** Makes an archive of its own, as the packer does. @returns its sequence */
  pack(logClass: 'short' | 'long', contents: Buffer): number {
    const progress = { position: readPosition(this.ledger), streams: [], seen: [] };
    const files = [packedFile('ledger.jsonl', contents)];
    return publish(this.#publisher, { class: logClass, full: false, files, progress }).sequence;
  }

  /** What it says of itself, and where its files are. */
  async offer(toProxy = false): Promise<Offer> {
    await this.relay.look();
    const summary = Buffer.from(formatSummary(this.relay.summary(toProxy)));
    return { peer: this.guid, summary, folder: this.layout.relay };
  }

  async pullFrom(peer: PoolNode, how: Transfer = {}): Promise<number> {
    return this.pull(await peer.offer(this.#role === 'proxy'), how);
  }

  /** One contact that fetches from a neighbour. @returns how many parcels are news here */
  async pull(offer: Offer, { atMost = Infinity, ...how }: Transfer = {}): Promise<number> {
    const { taker, known, underWay } = this.pulling;
    await this.relay.look();
    const summary = parseSummary(offer.summary);
    known.learn(summary);
    underWay.begin(offer.peer);
    const intake = await taker.begin(summary.logs.reduce((sum, { bytes }) => sum + bytes, 0));
    const facts = pullerFacts(this.pulling, offer.peer, intake);
    const wants = listWants(summary, facts, { parcels: 2000, bytes: Infinity }).slice(0, atMost);
    underWay.fetches(offer.peer, wants.map(offeredPath));
    const taken = await this.#take(wants, { ...offer, intake }, how);
    intake.end();
    underWay.end(offer.peer);
    this.#noteContact(offer.peer, summary.role, taken);
    return taken;
  }

  /** As the daemon keeps it; an hour after the one before. */
  #noteContact(peer: string, role: Role, parcelsIn: number): void {
    this.#contacts += 1;
    const at = new Date(Date.parse(this.now) + this.#contacts * 3_600_000).toISOString();
    const nothing = { seconds: 1, bytesIn: 0, bytesOut: 0, reason: '' };
    this.ledger.neighbours.met({ at, peer, role, parcelsIn, ...nothing }, '');
    this.pulling.known.count();
  }

  async #take(
    wants: readonly Want[],
    { folder: offer, peer, intake }: Pick<Offer, 'folder' | 'peer'> & { intake: ArchiveIntake },
    { spoil, beforeTaking, meanwhile }: Transfer = {},
  ): Promise<number> {
    const folder = openStaging(this.layout.staging, peer, undefined);
    for (const want of wants) {
      const [from, to] = [join(offer, offeredPath(want)), join(folder, offeredPath(want))];
      if (!existsSync(from)) continue;
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, readFileSync(from)); // as rsync does, by writes that a trace shows
      spoil?.(to);
    }
    beforeTaking?.();
    await meanwhile?.();
    const taken = await takeParcels(this.pulling, wants, { folder, peer, intake });
    openStaging(this.layout.staging, peer, undefined);
    await this.relay.look();
    return taken;
  }

  /** Of all archives in its pool. */
  async files(): Promise<string[]> {
    const paths: string[] = [];
    for await (const { archive } of listArchives(this.relay.pool.folder))
      paths.push(this.relay.pool.pathOf(archive));
    return paths;
  }

  /** Has an acknowledgement come, from whoever carried it. @param folder with `acks/` */
  async takeAck(
    folder: string,
    named: { readonly proxy: string; readonly shard: number },
    how: Transfer = {},
  ): Promise<number> {
    const from = { folder, peer: enrolledNode(0x99).guid, intake: await this.pulling.taker.begin(0) };
    return this.#take([{ kind: 'ack', ...named }], from, how);
  }
}

function silent(): void {
  // What is told of what is wrong, the tests see in the ledger.
}
