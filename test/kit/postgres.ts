/**
 * A real PostgreSQL for a test: made by initdb in a temporary folder, listening on a unix socket and on loopback there, gone with the test.
 *
 * It refuses to run as root, and is run as the user `postgres` of the Debian package then. What it writes is not synced: no test cuts the
 * power of the machine.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Client } from 'pg';

const versionsFolder = '/usr/lib/postgresql';

/** Where the programs of the newest version stand; `undefined`: it is not installed. */
function programs(): string | undefined {
  if (!existsSync(versionsFolder)) return undefined;
  const folders = readdirSync(versionsFolder)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(versionsFolder, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb')));
}

export class Postgres {
  readonly #folder: string;
  readonly #bin: string;
  readonly #as: readonly string[];
  readonly port: number;
  #server: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string, bin: string, as: readonly string[], port: number) {
    this.#folder = folder;
    this.#bin = bin;
    this.#as = as;
    this.port = port;
  }

  static async start(settings: readonly string[] = ['fsync=off']): Promise<Postgres> {
    const bin = programs();
    if (bin === undefined) throw new Error('expected PostgreSQL: apt-get install postgresql');
    const folder = mkdtempSync(join(tmpdir(), 'ferryman-pg-'));
    const as = process.getuid?.() === 0 ? await becomePostgres(folder) : [];
    const server = new Postgres(folder, bin, as, await freePort());
    const data = join(folder, 'data');
    await server.#run('initdb', [
      '--no-sync',
      '-A',
      'trust',
      '-U',
      'ferryman',
      '-E',
      'UTF8',
      '--locale=C',
      '-D',
      data,
    ]);
    await server.up(settings);
    return server;
  }

  /** Of the server that is up. */
  get pid(): number {
    return this.#server?.pid ?? 0;
  }

  /** Starts the server, again after `down` or `kill`. */
  async up(settings: readonly string[] = ['fsync=off']): Promise<void> {
    const given = [`unix_socket_directories=${this.#folder}`, `listen_addresses=127.0.0.1`, ...settings];
    const [program, ...args] = [
      ...this.#as,
      join(this.#bin, 'postgres'),
      '-D',
      join(this.#folder, 'data'),
      '-p',
      String(this.port),
      ...given.flatMap((setting) => ['-c', setting]),
    ];
    this.#server = spawn(program as string, args, { stdio: 'ignore', cwd: this.#folder });
    for (;;) {
      if (this.#server.exitCode !== null) throw new Error('expected PostgreSQL to start, it ended');
      if (await this.#answers()) return;
      await sleep(50);
    }
  }

  /** Ends it at once, as a crash does: what was committed is there when it is up again. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  /** @returns the address of a new database */
  async database(encoding = 'UTF8'): Promise<string> {
    const name = `test${(this.#databases += 1)}`;
    await this.sql(`create database ${name} encoding '${encoding}' template template0`);
    return this.address(name);
  }

  address(name: string): string {
    return `postgres://ferryman@127.0.0.1:${this.port}/${name}`;
  }

  /** By the socket in its folder. */
  socketAddress(name: string): string {
    return `postgres://ferryman@/${name}?host=${encodeURIComponent(this.#folder)}&port=${this.port}`;
  }

  async sql(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.address(database) });
    await client.connect();
    try {
      return (await client.query(text)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.#end('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    try {
      await this.sql('select 1');
      return true;
    } catch {
      return false;
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => {
      server.once('exit', resolve);
    });
    server.kill(signal);
    await ended;
  }

  async #run(name: string, args: readonly string[]): Promise<void> {
    const [program, ...rest] = [...this.#as, join(this.#bin, name), ...args];
    await execa(program as string, rest, { cwd: this.#folder });
  }
}

/** `setpriv` becomes that program: a signal reaches it. */
async function becomePostgres(folder: string): Promise<string[]> {
  const ids = await Promise.all(['-u', '-g'].map((flag) => execa('id', [flag, 'postgres'])));
  const [user, group] = ids.map(({ stdout }) => Number(stdout)) as [number, number];
  chownSync(folder, user, group);
  return ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups'];
}

/** That nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
