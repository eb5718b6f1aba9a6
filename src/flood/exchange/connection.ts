/**
 * One ssh connection to a neighbour, shared by all calls of a contact: one handshake, one end. It is a child of this process all
 * the time, so that nothing is left behind when the contact ends, however it ends.
 */
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sshOptions } from '../../enrol/ssh-command.ts';
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import type { Peer } from '../peer.ts';
import { lastLine, start, type Running, type Talk, type Told } from './talk.ts';

/** For the connection to stand, until its ends know each other. */
const connectMs = 30_000;
/** For it to end by itself and say how much it has carried. */
const closeMs = 2000;
const pollMs = 5;

/** What went over the wire, without the headers of TCP and IP. */
export interface Carried {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export class Connection {
  readonly #master: Running;
  readonly #folder: string;
  readonly #talk: Talk;
  readonly #peer: Peer;

  private constructor(master: Running, folder: string, talk: Talk, peer: Peer) {
    this.#master = master;
    this.#folder = folder;
    this.#talk = talk;
    this.#peer = peer;
  }

  /** @param sshConfig of this node. @throws FerrymanError `contact.connect`, `contact.cut` */
  static async open(sshConfig: string, peer: Peer, talk: Talk): Promise<Connection> {
    // Not below the root: the path of a socket has at most 107 bytes.
    const folder = mkdtempSync(join(tmpdir(), 'ferryman-'));
    if (talk.user) chownSync(folder, talk.user.uid, talk.user.gid);
    const socket = join(folder, 's');
    const target = { peer: peer.node, address: peer.host, port: peer.port };
    const master = start(
      [
        'ssh',
        ...sshOptions(sshConfig, target),
        ...option('ControlMaster=yes'),
        ...option(`ControlPath=${socket}`),
        ...option('LogLevel=VERBOSE'), // says at its end what it has carried
        '-N',
        '--',
        peer.node,
      ],
      talk,
      { maxOutput: 4096, timeoutMs: 24 * 3600 * 1000 },
    );
    const connection = new Connection(master, folder, talk, peer);
    await connection.#stands(socket);
    return connection;
  }

  async #stands(socket: string): Promise<void> {
    const state: { ended?: Told } = {};
    const end = this.#master.ended.then((told) => void (state.ended = told));
    const deadline = performance.now() + connectMs;
    while (!state.ended && !existsSync(socket) && performance.now() < deadline)
      await Promise.race([sleep(pollMs), end]);
    const { ended } = state;
    if (!ended && existsSync(socket)) return;
    await this.close();
    this.#talk.signal.throwIfAborted();
    const said = ended?.said ?? '';
    const why = whyRefused(said) ?? (printable(lastLine(said)) || `no answer within ${connectMs / 1000} s`);
    throw new FerrymanError(
      'contact.connect',
      `${this.#peer.host}:${this.#peer.port}: expected node ${this.#peer.node}, found: ${why}`,
    );
  }

  /** Program and arguments of one more call, up to the host. Never makes a connection of its own. */
  get command(): string[] {
    const socket = join(this.#folder, 's');
    return [
      'ssh',
      '-F',
      'none',
      ...option(`ControlPath=${socket}`),
      ...option('ControlMaster=no'),
      ...option('ProxyCommand=false'),
      ...option('BatchMode=yes'),
      ...option('LogLevel=ERROR'),
    ];
  }

  /** Calls a verb of the neighbour's endpoint. @throws FerrymanError `contact.refused`, `contact.too-large` */
  async ask(verb: string, maxBytes: number, timeoutMs: number): Promise<Buffer> {
    const call = { maxOutput: maxBytes, timeoutMs };
    const told = await start([...this.command, '--', this.#peer.node, verb], this.#talk, call).ended;
    this.#talk.signal.throwIfAborted();
    if (told.exitCode === 0 && !told.isOverLimit && !told.isTooLoud) return told.output;
    if (told.isOverLimit)
      throw new FerrymanError('contact.too-large', `${verb}: expected at most ${maxBytes} bytes, found more`);
    const why = whyNone(told, timeoutMs);
    throw new FerrymanError('contact.refused', `${verb}: expected an answer, found: ${why || 'none'}`);
  }

  /** Ends the connection. Call it in any case. */
  async close(): Promise<Carried> {
    this.#master.end('SIGTERM');
    const timer = setTimeout(() => this.#master.end('SIGKILL'), closeMs);
    const { said } = await this.#master.ended;
    clearTimeout(timer);
    rmSync(this.#folder, { recursive: true, force: true });
    const [, out = '0', into = '0'] = /Transferred: sent (\d+), received (\d+) bytes/.exec(said) ?? [];
    return { bytesIn: Number(into), bytesOut: Number(out) };
  }
}

/** What ssh says of it, a person does not read as what it is. */
function whyRefused(said: string): string | undefined {
  if (/^Host key \S+ \S+ revoked by file/m.test(said))
    return 'a node whose enrolment the office has revoked (ssh: revoked host key)';
  if (/Permission denied|Too many authentication failures/.test(said))
    return 'that it does not let this node in: its roster may revoke this one, or its CA be another (ssh: Permission denied)';
  return undefined;
}

function whyNone({ isTooLoud, timedOut, said }: Told, timeoutMs: number): string {
  if (isTooLoud) return 'complaints without an end';
  return timedOut ? `no answer within ${timeoutMs / 1000} s` : printable(lastLine(said));
}

function option(text: string): [string, string] {
  return ['-o', text];
}
