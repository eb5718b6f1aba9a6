/** An office with its ssh CA, and nodes that it enrols by the commands that people type; all on one host, each below a root of its own. */
import { appendFileSync, chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enrolmentPlaces, type EnrolmentPlaces } from '../../src/enrol/places.ts';
import { sshCommand, sshOptions, type SshTarget } from '../../src/enrol/ssh-command.ts';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { temporaryFolder, type Ran } from '../kit/kiosk.ts';
import type { Call, Host, Started } from '../net/host.ts';

export interface FleetNode {
  readonly guid: string;
  readonly role: string;
  readonly port: number;
  readonly layout: Layout;
  readonly places: EnrolmentPlaces;
}

/** What a command must have done for a test to go on. */
export function succeeded(ran: Ran): Ran {
  if (ran.exitCode !== 0) throw new Error(`exit status ${ran.exitCode}: ${ran.stderr}${ran.stdout}`);
  return ran;
}

export class Fleet {
  readonly host: Host;
  /** Folder of the office: `office.key`, `office.pub`, `ca/`. */
  readonly office: string;
  #port = 7900;

  private constructor(host: Host, office: string) {
    this.host = host;
    this.office = office;
  }

  static async found(host: Host): Promise<Fleet> {
    const fleet = new Fleet(host, temporaryFolder());
    succeeded(await host.run(['sign-update', 'keygen', fleet.file('office'), '--no-passphrase']));
    succeeded(await host.run(['ferryman', 'office-ca', 'init', fleet.file('ca')]));
    return fleet;
  }

  file(name: string): string {
    return join(this.office, name);
  }

  /** Sets a node up; not enrolled yet. @param more lines of config.toml */
  async node(role: string, { guid = '', keys = ['office.pub'], threshold = 1 } = {}): Promise<FleetNode> {
    const root = temporaryFolder();
    chmodSync(root, 0o755);
    const port = this.#port++;
    const init = [
      'ferryman',
      'init',
      '--root',
      root,
      '--role',
      role,
      '--threshold',
      String(threshold),
      '--json',
    ];
    const officeKeys = keys.flatMap((key) => ['--office-key', this.file(key)]);
    const made = await this.host.run([...init, ...officeKeys, ...(guid === '' ? [] : ['--guid', guid])]);
    const layout = layoutUnder(root);
    appendFileSync(layout.configFile, `\n[flood]\nsshPort = ${port}\n`);
    return {
      guid: (JSON.parse(succeeded(made).stdout) as { guid: string }).guid,
      role,
      port,
      layout,
      places: enrolmentPlaces(layout),
    };
  }

  /** `ferryman …  --root` of a node. */
  on(node: FleetNode, args: readonly string[], call: Call = {}): Promise<Ran> {
    return this.host.run(['ferryman', ...args, '--root', node.layout.root], call);
  }

  async request(node: FleetNode, name = `${node.guid}.request`): Promise<string> {
    succeeded(await this.on(node, ['enrol', 'request', '-o', this.file(name)]));
    return this.file(name);
  }

  sign(request: string, more: readonly string[]): Promise<Ran> {
    return this.host.run(['ferryman', 'enrol', 'sign', request, '--yes', ...more]);
  }

  /** The usual way, from request to installation. @returns the serial */
  async enrol(node: FleetNode, name = `${node.guid}.zip`): Promise<number> {
    const request = await this.request(node, `${name}.request`);
    const by = ['--key', this.file('office.key'), '--ca', this.file('ca'), '-o', this.file(name), '--json'];
    const signed = succeeded(await this.sign(request, by));
    succeeded(await this.on(node, ['enrol', 'install', this.file(name)]));
    return (JSON.parse(signed.stdout) as { serial: number }).serial;
  }

  async enrolled(role: string): Promise<FleetNode> {
    const node = await this.node(role);
    await this.enrol(node);
    return node;
  }

  /** Starts the sshd of a node, and waits until it answers. */
  async serve(node: FleetNode, before: readonly string[] = []): Promise<Started> {
    const sshd = this.host.start([...before, '/usr/sbin/sshd', '-D', '-e', '-f', node.places.sshdConfig]);
    for (let tries = 0; tries < 250 && !sshd.said().includes('Server listening'); tries++) await sleep(20);
    if (!sshd.said().includes('Server listening')) throw new Error(`sshd did not start: ${sshd.said()}`);
    return sshd;
  }

  target(node: FleetNode): SshTarget {
    return { peer: node.guid, address: '127.0.0.1', port: node.port };
  }

  /** One node calls another. @param words what ssh is given after the host @param options of ssh, before it */
  call(
    from: FleetNode,
    to: FleetNode,
    words: readonly string[],
    options: readonly string[] = [],
  ): Promise<Ran> {
    const [ssh = '', ...rest] = sshCommand(from.places.sshConfig, this.target(to));
    return this.host.run([ssh, ...options, ...rest, ...words], { as: 'ferryman', timeoutMs: 20_000 });
  }

  /** What one node says to another that it holds; '' where it is not let in. */
  async summary(from: FleetNode, to: FleetNode, options: readonly string[] = []): Promise<string> {
    const [ssh = '', ...rest] = sshCommand(from.places.sshConfig, this.target(to));
    const command = [ssh, ...options, ...rest, 'summary'];
    const unzipped = ['sh', '-c', '"$@" | gunzip', 'summary', ...command];
    return (await this.host.run(unzipped, { as: 'ferryman', timeoutMs: 20_000 })).stdout;
  }

  /** One node fetches files from another. @returns the folder that they came into */
  async pull(
    from: FleetNode,
    to: FleetNode,
    files: readonly string[],
    options: readonly string[] = ['-trR'],
  ): Promise<Ran & { readonly folder: string }> {
    const folder = temporaryFolder();
    chmodSync(folder, 0o777);
    const ssh = ['ssh', ...sshOptions(from.places.sshConfig, this.target(to))].join(' ');
    const list = ['--files-from=-', '--from0', '--rsync-path=pull', '-e', ssh];
    const ran = await this.host.run(['rsync', ...options, ...list, `${to.guid}:.`, `${folder}/`], {
      as: 'ferryman',
      input: files.map((file) => `${file}\0`).join(''),
      timeoutMs: 30_000,
    });
    return { ...ran, folder };
  }

  /** Puts a file where neighbours may fetch it. */
  offer(node: FleetNode, path: string, contents: string): void {
    const file = join(node.layout.state, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, contents);
  }
}
