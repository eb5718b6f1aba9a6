/** What ours is held against: rsync over ssh by itself, between the same two hosts, of the same files. */
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enrolmentPlaces } from '../../src/enrol/places.ts';
import { sshOptions } from '../../src/enrol/ssh-command.ts';
import { floodId, floodUser, type Started } from '../../test/net/host.ts';
import type { Node } from '../../test/net/fleet.ts';

/** `plain`: an sshd and keys of its own, nothing of ferryman. `endpoint`: ferryman's sshd, keys and forced command. */
export type Way = 'plain' | 'endpoint';

const plainPort = 7900;

export class Bare {
  readonly #from: Node;
  readonly #to: Node;
  /** IP address of who has the files. */
  readonly #address: string;
  readonly #folder: string;
  #sshd: Started | undefined;

  constructor(from: Node, to: Node, address: string) {
    this.#from = from;
    this.#to = to;
    this.#address = address;
    this.#folder = join(to.host.root, 'bare-ssh');
  }

  /** Makes keys and starts the plain sshd. The algorithms are those of ferryman, so that ciphers are not what is compared. */
  async start(): Promise<void> {
    const folder = this.#folder;
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    const file = (name: string): string => join(folder, name);
    for (const name of ['host', 'user'])
      await this.#must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
    chownSync(file('user'), floodId, floodId);
    const algorithms = ['Ciphers chacha20-poly1305@openssh.com', 'KexAlgorithms curve25519-sha256'];
    const server = [
      `Port ${plainPort}`,
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('user.pub')}`,
      'StrictModes no',
      'UsePAM no',
      'UseDNS no',
      'PidFile none',
      ...algorithms,
    ];
    const client = [
      `User ${floodUser}`,
      `IdentityFile ${file('user')}`,
      'IdentitiesOnly yes',
      'StrictHostKeyChecking no',
      'UserKnownHostsFile /dev/null',
      'LogLevel ERROR',
      ...algorithms,
    ];
    writeFileSync(file('sshd_config'), `${server.join('\n')}\n`);
    writeFileSync(file('ssh_config'), `${client.join('\n')}\n`);
    this.#sshd = this.#from.host.start(['/usr/sbin/sshd', '-D', '-e', '-f', file('sshd_config')]);
  }

  async #must(command: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await this.#to.host.run(command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  }

  /**
   * Fetches files into a folder that is removed again.
   *
   * @param paths below the folder of what neighbours may have
   * @param isSynced the disk is waited for at the end, as ferryman waits for it
   * @returns seconds, by the clock of the machine itself
   */
  async fetch(paths: readonly string[], way: Way, isSynced: boolean): Promise<number> {
    const folder = join(this.#to.host.root, 'bare');
    mkdirSync(folder);
    chmodSync(folder, 0o777); // whose key it is, who runs it
    const rsync = ['rsync', '-tR', '--files-from=-', '--from0', ...this.#over(way), `${folder}/`];
    const script = `date +%s%N >&2; "$@" || exit; ${isSynced ? 'sync --file-system . || exit;' : ''} date +%s%N >&2`;
    const ran = await this.#to.host.run(['sh', '-c', `cd ${folder}; ${script}`, 'sh', ...rsync], {
      as: floodUser,
      input: paths.map((path) => `${path}\0`).join(''),
    });
    if (ran.exitCode !== 0) throw new Error(`${rsync.join(' ')}: ${ran.stderr}\n${this.#sshd?.said() ?? ''}`);
    rmSync(folder, { recursive: true });
    const [began = NaN, ended = NaN] = ran.stderr.trim().split('\n').map(Number);
    return (ended - began) / 1e9;
  }

  /** Shell of rsync, and from where. */
  #over(way: Way): string[] {
    const { guid: peer, layout } = this.#from;
    const address = this.#address;
    if (way === 'plain') {
      const ssh = `ssh -F ${join(this.#folder, 'ssh_config')} -p ${plainPort}`;
      return ['-e', ssh, `${address}:${layout.relay}/`];
    }
    const target = { peer, address, port: 7822 };
    const ssh = ['ssh', ...sshOptions(enrolmentPlaces(this.#to.layout).sshConfig, target)].join(' ');
    return ['--rsync-path=pull', '-e', ssh, `${peer}:.`];
  }
}
