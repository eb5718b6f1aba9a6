/**
 * How often a node meets others, as its contacts tell: counted in hours in which it met somebody, so that an afternoon side by side, with
 * a hundred contacts, is not a hundred meetings, and whoever is always there is met every hour. Pure.
 *
 * The clocks of nodes are wrong: only the time between one contact and the next is taken from them, and never more than a month of it.
 */
import type { Role } from '../../parcel/recipients.ts';
import type { ToldMeetings } from '../../parcel/summary.ts';
import type { ContactLedger } from './reach.ts';

/** What a contact tells of meetings. */
export interface ContactFacts {
  /** Milliseconds, by the node's clock. */
  readonly atMs: number;
  /** GUID. */
  readonly peer: string;
  /** '': it was not reached. */
  readonly role: Role | '';
}

const hourMs = 3600 * 1000;
/** A clock that jumps by years adds no more. */
const longestGapMs = 31 * 24 * hourMs;
/** Neighbours of whom it is remembered when they were met last. */
const maxPeers = 5000;

export class Meetings {
  readonly #isHome: (role: Role) => boolean;
  /** By peer: the hour in which it was met last. */
  readonly #lastHour = new Map<string, number>();
  #lastMs: number | undefined;
  #ms = 0;
  #met = 0;
  #home = 0;

  /** @param own role: a gateway's logs go to a proxy, those of others to a gateway too */
  constructor(own: Role) {
    this.#isHome = (role) => isHomeFor(own, role);
  }

  /** Counts a contact; they come in their order. */
  add({ atMs, peer, role }: ContactFacts): void {
    this.#ms += gapMs(this.#lastMs, atMs);
    this.#lastMs = atMs;
    if (role === '') return;
    const hour = Math.floor(this.#ms / hourMs);
    if (this.#lastHour.get(peer) === hour) return;
    this.#lastHour.delete(peer);
    this.#lastHour.set(peer, hour);
    if (this.#lastHour.size > maxPeers) this.#lastHour.delete(this.#lastHour.keys().next().value ?? '');
    this.#met += 1;
    if (this.#isHome(role)) this.#home += 1;
  }

  /** @param nowMs by the same clock. `undefined`: nobody was met yet */
  told(nowMs: number): ToldMeetings | undefined {
    if (this.#met === 0) return undefined;
    const ms = this.#ms + gapMs(this.#lastMs, nowMs);
    // The hour that has begun counts whole: who was met in it was met once an hour at most.
    return { hours: Math.floor(ms / hourMs) + 1, met: this.#met, home: this.#home };
  }
}

function gapMs(fromMs: number | undefined, toMs: number): number {
  const gap = fromMs === undefined ? 0 : toMs - fromMs;
  return gap > 0 ? Math.min(gap, longestGapMs) : 0;
}

/** Whether handing a log to such a node brings it home from this one. */
export function isHomeFor(own: Role, role: Role): boolean {
  return role === 'proxy' || (role === 'gateway' && own !== 'gateway');
}

/** As the worth of copies reckons with it: all that take logs home are one node. @param home its number */
export function ledgerFrom({ hours, met, home: atHome }: ToldMeetings, home: number): ContactLedger {
  const meetings = new Float64Array(home + 1);
  meetings[home] = atHome;
  return { meetings, seconds: hours * 3600, total: met };
}

/** Several nodes as one: what they have counted together. `undefined` where there are none. */
export function joined(ledgers: readonly ContactLedger[]): ContactLedger | undefined {
  if (ledgers.length === 0) return undefined;
  const perSecond = ledgers.reduce((rate, { total, seconds }) => rate + total / seconds, 0);
  return { meetings: new Float64Array(0), seconds: 1, total: perSecond };
}
