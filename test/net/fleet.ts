/**
 * Nodes that meet: each a host of its own with sshd and `ferryman run`, enrolled by one office, and links between them that the test puts
 * up and down. Needs root.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execa } from 'execa';
import { enrolmentPlaces } from '../../src/enrol/places.ts';
import { formatSecretKey, parseSecretKey } from '../../src/parcel/secret-key.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { packRoster } from '../../src/parcel/pack.ts';
import { defaultCreated, fixedKey, signZip, writePublicKey } from '../kit/office.ts';
import { startHost, type Host, type Started } from './host.ts';
import type { NodeSigner } from './archives.ts';

export const officeKey = fixedKey(1);

/** Pings once a second, so that a test does not wait. */
const quickConfig = '[flood]\npingSeconds = 1\npeerSeconds = 2\n';

/** Of the first node, the second, … */
export function guidOf(node: number): string {
  return `${node.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

/** A node of the fleet. */
export class Node {
  readonly host: Host;
  readonly guid: string;
  readonly role: Role;
  #sshd: Started | undefined;
  #daemon: Started | undefined;

  constructor(host: Host, guid: string, role: Role) {
    this.host = host;
    this.guid = guid;
    this.role = role;
  }

  get layout(): Host['layout'] {
    return this.host.layout;
  }

  /** What archives of this node are signed with. */
  async signer(): Promise<NodeSigner> {
    const key = await parseSecretKey(readFileSync(this.layout.identityKey, 'utf8'), () => '');
    const line = readFileSync(enrolmentPlaces(this.layout).enrolment, 'utf8').trimEnd();
    return { guid: this.guid, key, line };
  }

  startSshd(): void {
    const { sshdConfig } = enrolmentPlaces(this.layout);
    this.#sshd ??= this.host.start(['/usr/sbin/sshd', '-D', '-e', '-f', sshdConfig]);
  }

  /** sshd and the daemon. @param before for the daemon: a program that becomes another, with its arguments */
  start(before: readonly string[] = []): void {
    this.startSshd();
    this.#daemon = this.host.start([...before, 'ferryman', 'run', '--root', this.host.root]);
  }

  /** Of the daemon, as this machine numbers processes. */
  async daemonPid(): Promise<number> {
    if (!this.#daemon) throw new Error('expected a daemon to be started');
    return this.#daemon.pid();
  }

  /** What the daemon and sshd have said. */
  said(): string {
    return `${this.#daemon?.said() ?? ''}\n--- sshd\n${this.#sshd?.said() ?? ''}`;
  }

  async stopDaemon(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Ran | undefined> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    return daemon?.end(signal);
  }

  /** sshd and the daemon. @param signal for the daemon */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.stopDaemon(signal);
    const sshd = this.#sshd;
    this.#sshd = undefined;
    await sshd?.end('SIGTERM');
  }

  /** Neighbours that are met without a ping; counts from the next start on. */
  setPeers(...peers: string[]): void {
    const file = this.layout.configFile;
    const text = readFileSync(file, 'utf8').replace(
      '[flood]\n',
      `[flood]\npeers = ${JSON.stringify(peers)}\n`,
    );
    writeFileSync(file, text);
  }

  /** Other values for numbers of `[flood]` that are set; they count from the next start on. */
  reconfigure(numbers: Readonly<Record<string, number>>): void {
    let text = readFileSync(this.layout.configFile, 'utf8');
    for (const [name, value] of Object.entries(numbers))
      text = text.replace(new RegExp(`^${name} = .*$`, 'm'), `${name} = ${value}`);
    writeFileSync(this.layout.configFile, text);
  }

  /** Adds to the configuration; counts from the next start on. */
  configure(toml: string): void {
    writeFileSync(this.layout.configFile, `${readFileSync(this.layout.configFile, 'utf8')}\n${toml}\n`);
  }
}

export interface RosterDraft {
  readonly number: number;
  /** Serials. */
  readonly revoked?: readonly number[];
  readonly closed?: readonly { readonly origin: string; readonly incarnation: string }[];
}

export class Fleet {
  readonly folder = temporaryFolder();
  readonly nodes: Node[] = [];
  #links = 0;

  private constructor() {
    mkdirSync(join(this.folder, 'keys'));
    writeFileSync(
      join(this.folder, 'office.key'),
      formatSecretKey(officeKey, undefined, (count) => randomBytes(count)),
    );
  }

  static async make(): Promise<Fleet> {
    const fleet = new Fleet();
    await fleet.#office('office-ca', 'init', fleet.ca);
    return fleet;
  }

  get ca(): string {
    return join(this.folder, 'ca');
  }

  async #office(...args: string[]): Promise<string> {
    const { programs } = await import('../kit/kiosk.ts');
    const result = await execa(join(programs, 'ferryman'), args, { reject: false, stdin: 'ignore' });
    if (result.exitCode !== 0) throw new Error(`ferryman ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }

  /** A node that is enrolled and does not run yet. @param config further keys of `[flood]` */
  async add(role: Role, config = ''): Promise<Node> {
    const host = await startHost({ ownNetwork: true });
    const node = new Node(host, guidOf(this.nodes.length + 1), role);
    await this.#init(node);
    node.configure(quickConfig + config);
    this.nodes.push(node);
    await this.enrol(node);
    return node;
  }

  async #init({ host, guid, role }: Node, ...more: string[]): Promise<void> {
    const keys = writePublicKey(join(this.folder, 'keys'), officeKey);
    await must(host.ferryman(['init', '--role', role, '--guid', guid, '--office-key', keys, ...more]));
  }

  /** Sets a stopped node up anew, from an image with all updates up to `baseline`: its GUID is what stays. */
  async reimage(node: Node, baseline: number): Promise<void> {
    for (const folder of [node.layout.etc, node.layout.state]) rmSync(folder, { recursive: true });
    await this.#init(node, '--baseline', String(baseline));
    node.configure(quickConfig);
    await this.enrol(node, '--again');
  }

  /** @returns the serial */
  async enrol(node: Node, ...more: string[]): Promise<number> {
    const [request, bundle] = ['request.txt', 'bundle.zip'].map((name) => join(node.host.root, name));
    for (const file of [request, bundle]) rmSync(file ?? '', { force: true });
    await must(node.host.ferryman(['enrol', 'request', '-o', request ?? '']));
    const key = join(this.folder, 'office.key');
    const signing = ['enrol', 'sign', request ?? '', '--key', key, '--ca', this.ca, '-o', bundle ?? ''];
    const said = await this.#office(...signing, '--yes', '--json', ...more);
    await must(node.host.ferryman(['enrol', 'install', bundle ?? '']));
    return (JSON.parse(said) as { serial: number }).serial;
  }

  /** A roster that revokes serials. @returns its bytes */
  roster(number: number, ...serials: number[]): Buffer {
    return this.fullRoster({ number, revoked: serials });
  }

  fullRoster({ number, revoked = [], closed = [] }: RosterDraft): Buffer {
    const ranges = revoked.map((serial) => ({ first: serial, last: serial }));
    return signZip(packRoster({ number, created: defaultCreated, revoked: ranges, closed }), officeKey);
  }

  /** A cable between two nodes, up. */
  async link(a: Machine, b: Machine): Promise<Link> {
    this.#links += 1;
    const net = this.#links;
    const [nameA, nameB] = [`fm${process.pid % 10_000}a${net}`, `fm${process.pid % 10_000}b${net}`];
    await execa('ip', ['link', 'add', nameA, 'type', 'veth', 'peer', 'name', nameB]);
    const ends = [
      { node: a, name: nameA, address: `10.9.${net}.1` },
      { node: b, name: nameB, address: `10.9.${net}.2` },
    ] as const;
    for (const { node, name, address } of ends) {
      await execa('ip', ['link', 'set', name, 'netns', String(node.host.pid)]);
      await must(node.host.run(['ip', 'addr', 'add', `${address}/24`, 'brd', '+', 'dev', name]));
    }
    const link = new Link(ends);
    await link.up();
    return link;
  }

  /** Takes everything with it. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.host.stop()));
  }
}

/** A node, or a router between nodes. */
type Machine = Pick<Node, 'host'>;

interface End {
  readonly node: Machine;
  readonly name: string;
  readonly address: string;
}

export class Link {
  readonly ends: readonly [End, End];

  constructor(ends: readonly [End, End]) {
    this.ends = ends;
  }

  async up(): Promise<void> {
    for (const { node, name } of this.ends) await must(node.host.run(['ip', 'link', 'set', name, 'up']));
  }

  async down(): Promise<void> {
    for (const { node, name } of this.ends) await must(node.host.run(['ip', 'link', 'set', name, 'down']));
  }
}

async function must(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  if (ran.exitCode !== 0) throw new Error(`exit status ${ran.exitCode}: ${ran.stderr}`);
  return ran;
}

/** Waits until something holds; tells why not when it does not. @param told what is known by then */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  { seconds = 150, told = () => '' }: { seconds?: number; told?: () => string } = {},
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`expected within ${seconds} s: ${what}\n${told()}`);
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
}
