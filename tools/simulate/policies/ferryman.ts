/**
 * What ferryman does, by its own decisions (src/flood/decide): each message is an archive of its origin, each node the proxy of what is
 * addressed to it, and its acknowledgements are flooded. Facts that production reads from summaries and contact ledgers are kept here.
 */
import type { Archive, StreamHoldings } from '../../../src/flood/decide/archive.ts';
import { Cover, type AckedStream, type Refused } from '../../../src/flood/decide/cover.ts';
import { Knowledge, usualLifeSeconds } from '../../../src/flood/decide/knowledge.ts';
import { judgeAck } from '../../../src/flood/decide/judge-ack.ts';
import { standingOf, type AckVersion } from '../../../src/flood/decide/newest-ack.ts';
import { admit, admitOwn, type Room, type Stored } from '../../../src/flood/decide/room.ts';
import {
  nothing,
  one as only,
  subtract,
  union,
  type SequenceSet,
} from '../../../src/parcel/sequence-sets.ts';
import { listWants, maxWants, type PullerFacts } from '../../../src/flood/decide/wants.ts';
import type { Message, Scenario } from '../scenario.ts';
import type { Copy, Offer, Policy, PolicyWorld, SimNode } from './policy.ts';

/** No node is ever re-imaged here. */
const incarnation = '0'.repeat(16);

interface Ack extends AckVersion {
  readonly origins: ReadonlyMap<string, AckedStream>;
}

interface State {
  readonly node: SimNode;
  readonly guid: string;
  /** By number of the origin. */
  readonly holdings: Map<number, StreamHoldings>;
  readonly refused: Refused;
  /** The newest of each proxy, by its number. */
  readonly acks: (Ack | undefined)[];
  /** Streams by the numbers of their origins. */
  readonly knowledge: Knowledge<number>;
}

interface Candidate extends Stored {
  readonly message: Message;
}

export class Ferryman implements Policy {
  readonly #world: PolicyWorld;
  readonly #states: readonly State[];
  readonly #byName = new Map<string, Message>();
  readonly #room: Room;

  constructor(world: PolicyWorld, scenario: Scenario) {
    this.#world = world;
    this.#room = { capacityBytes: world.bufferBytes, highWater: 1, lowWater: 1 };
    for (const message of scenario.messages) this.#byName.set(`${message.from}/${message.sequence}`, message);
    const nothingRefused = {
      closed: new Set<string>(),
      revoked: new Set<string>(),
      quarantined: new Set<string>(),
    };
    this.#states = world.nodes.map((node) => ({
      node,
      guid: String(node.index),
      holdings: new Map(),
      refused: { cover: new Cover(), ...nothingRefused },
      acks: world.nodes.map(() => undefined),
      knowledge: new Knowledge(node.index, usualLifeOf(scenario)),
    }));
  }

  met(a: SimNode, b: SimNode, now: number): void {
    const [one, other] = [this.#state(a), this.#state(b)];
    this.#exchangeAcks(one, other);
    if (!this.#world.isLimited) return;
    this.#countMeeting(one, b.index, now);
    this.#countMeeting(other, a.index, now);
    learn(one.knowledge, other, now);
    learn(other.knowledge, one, now);
  }

  #countMeeting({ node, knowledge }: State, peer: number, now: number): void {
    const before = knowledge.ledgerOf(node.index);
    const meetings = before ? Float64Array.from(before.meetings) : new Float64Array(this.#states.length);
    meetings[peer] = (meetings[peer] ?? 0) + 1;
    knowledge.setLedger(node.index, { meetings, seconds: Math.max(now, 1), total: (before?.total ?? 0) + 1 });
  }

  /** Everything newer passes each way; what it covers goes, there and at all that are in sight. */
  #exchangeAcks(one: State, other: State): void {
    const grown = [this.#takeAcks(one, other), this.#takeAcks(other, one)];
    for (const [index, state] of [one, other].entries()) {
      if (grown[index] !== true) continue;
      for (const peer of this.#world.peers(state.node)) this.#exchangeAcks(state, this.#state(peer));
    }
  }

  /** @returns true when something was new */
  #takeAcks(to: State, from: State): boolean {
    let isNew = false;
    for (const [proxy, offered] of from.acks.entries()) {
      const held = to.acks[proxy];
      if (!offered || offered === held || standingOf(offered, held) !== 'newer') continue;
      to.acks[proxy] = offered;
      isNew = true;
      this.#applyAck(to, offered);
    }
    return isNew;
  }

  #applyAck(state: State, ack: Ack): void {
    const { cover } = state.refused;
    for (const { origin } of cover.addAck([...ack.origins.values()])) {
      const acked = ack.origins.get(origin);
      if (!acked || (origin === state.guid && !this.#isSafe(state, acked))) continue;
      for (const { message } of state.node.copies.values())
        if (String(message.from) === origin && cover.has({ origin, incarnation, sequence: message.sequence }))
          this.#world.drop(state.node, message);
    }
  }

  /** The origin deletes only what it recognises. */
  #isSafe(state: State, { held, voids }: AckedStream): boolean {
    const idOf = (sequence: number): string => this.#byName.get(`${state.guid}/${sequence}`)?.id ?? '';
    const digest = chain(sequencesOf(held).map(idOf));
    const own = { last: Number.MAX_SAFE_INTEGER, voids, digestOf: idOf, chain };
    return judgeAck({ held, voids, digest }, own).kind === 'covered';
  }

  offer(from: SimNode, to: SimNode, now: number): Offer | undefined {
    const [theirs, mine] = [this.#state(from), this.#state(to)];
    if (theirs.holdings.size === 0) return undefined;
    const summary = {
      role: 'ferry',
      roster: 0,
      acks: [],
      updates: [],
      logs: [...theirs.holdings.values()],
    } as const;
    const parcels = this.#world.isLimited ? 1 : maxWants;
    const wants = listWants(summary, this.#puller(mine, now), {
      parcels,
      bytes: Infinity,
    });
    const messages = wants.flatMap((want) => (want.kind === 'log' ? [this.#message(want.archive)] : []));
    const [first] = messages;
    return first && { messages, priority: valueOf(mine, first, now) };
  }

  #puller(mine: State, now: number): PullerFacts {
    return {
      node: mine.guid,
      role: 'ferry',
      ownLogsOnly: false,
      roster: 0,
      needsAck: () => false,
      needsUpdate: () => false,
      holdings: ({ origin }) => mine.holdings.get(Number(origin)),
      refused: mine.refused,
      copies: () => [],
      value: this.#world.isLimited ? (archive) => valueOf(mine, this.#message(archive), now) : undefined,
      admit: (archive) => {
        const message = this.#message(archive);
        return message.to === mine.node.index || this.makeRoom(mine.node, message, false, now) !== undefined;
      },
    };
  }

  makeRoom(node: SimNode, message: Message, own: boolean, now: number): readonly Message[] | undefined {
    if (node.usedBytes + message.bytes <= this.#world.bufferBytes) return [];
    if (message.bytes > this.#world.bufferBytes) return undefined;
    const state = this.#state(node);
    const stored = Array.from(node.copies.values(), (copy) =>
      this.#asStored(state, copy.message, copy.arrival, now),
    );
    const candidate = this.#asStored(state, message, Infinity, now);
    if (own) {
      const { evict, drop } = admitOwn(candidate, stored, this.#room);
      return [...evict, ...drop].map((each) => each.message);
    }
    const admission = admit(candidate, stored, this.#room);
    return 'evict' in admission ? admission.evict.map((each) => each.message) : undefined;
  }

  #asStored(state: State, message: Message, arrival: number, now: number): Candidate {
    return {
      message,
      origin: String(message.from),
      isOwn: message.from === state.node.index,
      class: 'long',
      bytes: message.bytes,
      isCovered: false,
      value: valueOf(state, message, now),
      arrival,
    };
  }

  stored(node: SimNode, { message }: Copy): void {
    this.#hold(this.#state(node), message, (held) => union(held, only(message.sequence)), message.bytes);
  }

  removed(node: SimNode, message: Message): void {
    this.#hold(this.#state(node), message, (held) => subtract(held, only(message.sequence)), -message.bytes);
  }

  #hold(
    { holdings }: State,
    message: Message,
    change: (held: SequenceSet) => SequenceSet,
    bytes: number,
  ): void {
    const before = holdings.get(message.from);
    const long = change(before?.long ?? nothing);
    if (long.length === 0) holdings.delete(message.from);
    else
      holdings.set(message.from, {
        origin: String(message.from),
        incarnation,
        short: nothing,
        long,
        bytes: (before?.bytes ?? 0) + bytes,
      });
  }

  delivered(message: Message, at: SimNode): void {
    const state = this.#state(at);
    const before = state.acks[at.index];
    const origin = String(message.from);
    const held = union(before?.origins.get(origin)?.held ?? nothing, only(message.sequence));
    const ack: Ack = {
      serial: 1,
      epoch: incarnation,
      number: (before?.number ?? 0) + 1,
      origins: new Map([
        ...(before?.origins ?? []),
        [origin, { origin, incarnation, held, voids: nothing }] as const,
      ]),
    };
    state.acks[at.index] = ack;
    this.#applyAck(state, ack);
    for (const peer of this.#world.peers(at)) this.#exchangeAcks(state, this.#state(peer));
  }

  #message({ origin, sequence }: Archive): Message {
    const message = this.#byName.get(`${origin}/${sequence}`);
    if (!message) throw new Error(`no archive ${origin}/${sequence}`);
    return message;
  }

  #state({ index }: SimNode): State {
    const state = this.#states[index];
    if (!state) throw new Error(`no node ${index}`);
    return state;
  }
}

/** What a summary tells. */
function learn(
  knowledge: Knowledge<number>,
  { node, holdings, knowledge: theirs }: State,
  now: number,
): void {
  knowledge.setLedger(node.index, theirs.ledgerOf(node.index));
  knowledge.noteHoldings(node.index, holdings, now);
}

function valueOf({ knowledge }: State, message: Message, now: number): number {
  const { from, sequence, bytes, to, expiresAt } = message;
  const lifeSeconds = Math.min(expiresAt - now, usualLifeSeconds);
  return knowledge.value({ stream: from, sequence, bytes, to, lifeSeconds }, now);
}

/** The longest of any message, as far as archives live. */
function usualLifeOf({ messages }: Scenario): number {
  const lives = messages.map(({ createdAt, expiresAt }) => expiresAt - createdAt);
  return Math.min(
    usualLifeSeconds,
    lives.reduce((most, life) => Math.max(most, life), 0),
  );
}

/** Stands for the chain of digests: equal where the archives are the same. */
function chain(ids: Iterable<string>): string {
  return [...ids].join(' ');
}

function sequencesOf(set: SequenceSet): number[] {
  return set.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}
