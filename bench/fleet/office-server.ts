/** The office page as it runs in earnest: the command, in a process of its own, and somebody who has logged in. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/kit/postgres.ts';
import { ferryman, makeOffice, node, run } from '../programs.ts';

const password = 'four words are good';

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** From sending the request until the first byte of the body, and the last. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export class OfficeServer {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: false });
  #cookie = '';

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  /** @param root becomes an office's; @param store as `fleet.store` @returns one at which an operator is logged in */
  static async start(root: string, store: string): Promise<OfficeServer> {
    const port = await freePort();
    const { publicKey } = makeOffice(root);
    run(node, [ferryman, 'init', '--root', root, '--role', 'office', '--office-key', publicKey]);
    const config = join(root, 'etc/ferryman/config.toml');
    const tables = `[fleet]\nstore = "${store}"\n\n[office]\nlisten = "127.0.0.1:${port}"\n`;
    writeFileSync(config, `${readFileSync(config, 'utf8')}\n${tables}`);
    const file = join(root, 'password');
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    const asOperator = ['--role', 'operator', '--password-file', file, '--root', root];
    run(node, [ferryman, 'office-user', 'add', 'anna', ...asOperator]);
    const child = spawn(node, [ferryman, 'office', '--root', root], {
      stdio: 'ignore',
    });
    const server = new OfficeServer(child, port);
    await server.#logIn();
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** User and system, ms; in steps of 10. */
  get cpuMs(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  get peakMib(): number {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
    return Number(line?.[1]) / 1024;
  }

  ask(path: string, compressed = false): Promise<Answer> {
    return this.#send('GET', path, compressed ? { 'accept-encoding': 'gzip' } : {});
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    const ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
    });
    this.#child.kill('SIGTERM');
    await ended;
  }

  async #logIn(): Promise<void> {
    const page = await this.#whenUp();
    this.#takeCookie(page);
    const form = /name="form" value="([^"]+)"/.exec(page.body.toString())?.[1] ?? '';
    const body = new URLSearchParams({ form, name: 'anna', password, to: '/' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    const entered = await this.#send('POST', '/login', headers, body);
    if (entered.status !== 303) throw new Error(`expected to be let in, found ${entered.status}`);
    this.#takeCookie(entered);
  }

  async #whenUp(): Promise<Answer> {
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error('expected the office page to start, it ended');
      try {
        return await this.ask('/login');
      } catch {
        await sleep(50);
      }
    }
  }

  #takeCookie({ headers }: Answer): void {
    this.#cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const begin = performance.now();
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path,
          agent: this.#agent,
          headers: { ...headers, cookie: this.#cookie },
        },
        (response) => {
          const parts: Buffer[] = [];
          let firstMs = 0;
          response.on('data', (part: Buffer) => {
            if (parts.length === 0) firstMs = performance.now() - begin;
            parts.push(part);
          });
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts),
              firstMs,
              lastMs: performance.now() - begin,
            }),
          );
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
