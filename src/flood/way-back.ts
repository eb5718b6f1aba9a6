/**
 * A gateway behind NAT cannot be called. It calls its proxy, and lets it listen, on the proxy's own loopback, for whoever there calls back:
 * what comes that way goes to the sshd of this gateway, which lets in whom it always lets in. It stands as long as the daemon works.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { reverseHost, reverseOf, type Reverse } from '../enrol/reverse.ts';
import { sshOptions } from '../enrol/ssh-command.ts';
import { printable } from '../parcel/printable.ts';
import { backOff, usualPace, type Pace } from './decide/meet.ts';
import { lastLine, start, type Talk } from './exchange/talk.ts';
import type { Unprivileged } from './exchange/unprivileged.ts';
import type { Peer } from './peer.ts';
import type { FloodSurroundings } from './surroundings.ts';

/** Longer than sshd of the proxy needs to find that the way before is dead: 3 times 20 s. */
const pace: Pace = { ...usualPace, backOffSeconds: 5, maxBackOffSeconds: 120 };
/** What lasts so long has stood. */
const standsMs = 10_000;
/** A day: then it is made anew. ssh finds within a minute that its other end is gone. */
const longestMs = 24 * 3600 * 1000;

/** What the ways work with. */
export interface WayBackSetup {
  readonly user: Unprivileged;
  /** Of this node. */
  readonly sshConfig: string;
}

/** Holds the ways back that the configuration of a gateway names, until it is told to stop; on every other node there are none. */
export async function holdWaysBack(
  surroundings: FloodSurroundings,
  setup: WayBackSetup,
  peers: readonly Peer[],
  signal: AbortSignal,
): Promise<void> {
  const { config, own } = surroundings;
  if (own.role !== 'gateway') return;
  const ways = reverseOf(config.flood.reverse).flatMap((way) => {
    const proxy = peers.find(({ node }) => node === way.node);
    return proxy ? [new WayBack(surroundings, setup, proxy, way)] : [];
  });
  await Promise.all(ways.map((way) => way.hold(signal)));
}

class WayBack {
  readonly #surroundings: FloodSurroundings;
  readonly #setup: WayBackSetup;
  readonly #proxy: Peer;
  readonly #way: Reverse;
  /** Told last. */
  #told = '';

  constructor(surroundings: FloodSurroundings, setup: WayBackSetup, proxy: Peer, way: Reverse) {
    this.#surroundings = surroundings;
    this.#setup = setup;
    this.#proxy = proxy;
    this.#way = way;
  }

  async hold(signal: AbortSignal): Promise<void> {
    const { pingSeconds } = this.#surroundings.config.flood;
    const own = { ...pace, backOffSeconds: Math.min(pace.backOffSeconds, pingSeconds) };
    let failures = 0;
    while (!signal.aborted) {
      const beganMs = performance.now();
      const standing = setTimeout(() => this.#tell('info', 'it stands'), standsMs);
      const why = await this.#once({ user: this.#setup.user, folder: '/', signal });
      clearTimeout(standing);
      if (signal.aborted) return;
      this.#tell('warning', why);
      failures = performance.now() - beganMs > standsMs ? 1 : failures + 1;
      await sleep(backOff(failures, own) * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns why it ended */
  async #once(talk: Talk): Promise<string> {
    const { node: peer, host: address, port } = this.#proxy;
    const { sshPort } = this.#surroundings.config.flood;
    const { said } = await start(
      [
        // A daemon that is killed leaves no way behind: the next one could not have the port.
        'setpriv',
        '--pdeathsig=KILL',
        '--',
        'ssh',
        ...sshOptions(this.#setup.sshConfig, { peer, address, port }),
        ...['ClearAllForwardings=no', 'ExitOnForwardFailure=yes'].flatMap((option) => ['-o', option]),
        '-N',
        '-R',
        `${reverseHost}:${this.#way.port}:${reverseHost}:${sshPort}`,
        '--',
        peer,
      ],
      talk,
      { maxOutput: 4096, timeoutMs: longestMs },
    ).ended;
    return printable(lastLine(said)) || 'it ended';
  }

  /** What is the same as before is told once. */
  #tell(level: 'info' | 'warning', text: string): void {
    if (text === this.#told) return;
    this.#told = text;
    this.#surroundings.tell({ level, subject: `flood: way back to proxy ${this.#proxy.node}`, text });
  }
}
