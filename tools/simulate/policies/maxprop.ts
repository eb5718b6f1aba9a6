/**
 * MaxProp, as its paper has it (Burgess, Gallagher, Jensen, Levine 2006), to compare with: what has gone few hops goes first, the rest
 * by the cost of the cheapest way through meeting likelihoods; acknowledgements are flooded; what is last goes when room is short.
 */
import type { Message } from '../scenario.ts';
import type { Copy, Offer, Policy, PolicyWorld, SimNode } from './policy.ts';

interface Likelihoods {
  /** Of meeting each node next; their sum is 1. */
  readonly of: Float64Array;
  readonly at: number;
}

interface State {
  readonly known: (Likelihoods | undefined)[];
  readonly acked: Set<Message>;
  /** What was handed to each node. */
  readonly sent: Map<number, Set<Message>>;
  readonly paths: Map<Message, ReadonlySet<number>>;
  /** Bytes of the last contacts on which something passed. */
  readonly recent: number[];
  costs: Float64Array | undefined;
  order: Map<Message, number> | undefined;
}

const averagedContacts = 10;

/** Of a node to which no way is known: more than any way costs. */
const unknownCost = 1e5;

export class MaxProp implements Policy {
  readonly #world: PolicyWorld;
  readonly #states: readonly State[];

  constructor(world: PolicyWorld) {
    this.#world = world;
    this.#states = world.nodes.map(() => ({
      known: world.nodes.map(() => undefined),
      acked: new Set(),
      sent: new Map(),
      paths: new Map(),
      recent: [],
      costs: undefined,
      order: undefined,
    }));
  }

  met(a: SimNode, b: SimNode, now: number): void {
    const [one, other] = [this.#state(a), this.#state(b)];
    this.#learn(a, b, now);
    this.#learn(b, a, now);
    for (let node = 0; node < one.known.length; node++) {
      const [mine, theirs] = [one.known[node], other.known[node]];
      if ((mine?.at ?? -1) < (theirs?.at ?? -1)) one.known[node] = theirs;
      else other.known[node] = mine;
    }
    for (const message of one.acked) other.acked.add(message);
    for (const message of other.acked) one.acked.add(message);
    this.#dropAcked(a);
    this.#dropAcked(b);
    for (const state of [one, other]) {
      state.costs = undefined;
      state.order = undefined;
    }
  }

  #learn(node: SimNode, met: SimNode, now: number): void {
    const state = this.#state(node);
    const before = state.known[node.index]?.of ?? new Float64Array(this.#world.nodes.length);
    const sum = before.some((likelihood) => likelihood > 0) ? 2 : 1;
    const of = before.map((likelihood, other) => (likelihood + (other === met.index ? 1 : 0)) / sum);
    state.known[node.index] = { of, at: now };
  }

  #dropAcked(node: SimNode): void {
    const { acked } = this.#state(node);
    for (const message of node.copies.keys()) if (acked.has(message)) this.#world.drop(node, message);
  }

  parted(a: SimNode, b: SimNode, bytes: number): void {
    if (bytes === 0) return;
    for (const node of [a, b]) {
      const { recent } = this.#state(node);
      recent.push(bytes);
      if (recent.length > averagedContacts) recent.shift();
    }
  }

  offer(from: SimNode, to: SimNode): Offer | undefined {
    const [mine, theirs] = [this.#state(from), this.#state(to)];
    const sent = mine.sent.get(to.index);
    const order = this.#order(from);
    let best: { message: Message; priority: number } | undefined;
    for (const { message } of from.copies.values()) {
      if (to.copies.has(message) || theirs.acked.has(message) || message.bytes > this.#world.bufferBytes)
        continue;
      if (message.to === to.index) return { messages: [message], priority: Infinity };
      if (sent?.has(message) || mine.paths.get(message)?.has(to.index)) continue;
      const priority = order.get(message) ?? -Infinity;
      if (!best || priority > best.priority) best = { message, priority };
    }
    return best && { messages: [best.message], priority: best.priority };
  }

  /** The higher the sooner it goes, the later it is dropped. */
  #order(node: SimNode): Map<Message, number> {
    const state = this.#state(node);
    if (state.order) return state.order;
    const costs = (state.costs ??= cheapestWays(node.index, state.known));
    const threshold = this.#threshold(node);
    state.order = new Map();
    for (const { message, hops } of node.copies.values())
      state.order.set(
        message,
        hops < threshold ? 1e6 - hops : -Math.min(costs[message.to] ?? unknownCost, unknownCost),
      );
    return state.order;
  }

  /** Hops below which copies go first: as many bytes as a usual contact carries. */
  #threshold(node: SimNode): number {
    const { recent } = this.#state(node);
    const buffer = this.#world.bufferBytes;
    const usual = recent.length === 0 ? 0 : recent.reduce((sum, bytes) => sum + bytes, 0) / recent.length;
    if (usual === 0 || usual >= buffer) return 0;
    let left = usual < buffer / 2 ? usual : Math.min(usual, buffer - usual);
    let threshold = 0;
    for (const { hops, message } of [...node.copies.values()].toSorted((a, b) => a.hops - b.hops)) {
      if (left <= 0) break;
      left -= message.bytes;
      threshold = hops + 1;
    }
    return threshold;
  }

  makeRoom(node: SimNode, message: Message): Message[] | undefined {
    if (message.bytes > this.#world.bufferBytes) return undefined;
    let missing = node.usedBytes + message.bytes - this.#world.bufferBytes;
    if (missing <= 0) return [];
    const order = this.#order(node);
    const goes: Message[] = [];
    for (const last of [...node.copies.keys()].toSorted(
      (a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0),
    )) {
      if (missing <= 0) break;
      goes.push(last);
      missing -= last.bytes;
    }
    return goes;
  }

  stored(node: SimNode, copy: Copy, from: SimNode | undefined): void {
    const state = this.#state(node);
    const before = from && this.#state(from).paths.get(copy.message);
    state.paths.set(copy.message, new Set([...(before ?? []), node.index]));
    state.order = undefined;
    if (from) this.#noteSent(from, node, copy.message);
  }

  #noteSent(from: SimNode, to: SimNode, message: Message): void {
    const { sent } = this.#state(from);
    const messages = sent.get(to.index);
    if (messages) messages.add(message);
    else sent.set(to.index, new Set([message]));
  }

  removed(node: SimNode, message: Message): void {
    const state = this.#state(node);
    state.paths.delete(message);
    state.order = undefined;
  }

  delivered(message: Message, at: SimNode, from: SimNode): void {
    this.#state(at).acked.add(message);
    this.#state(from).acked.add(message);
    this.#world.drop(from, message);
  }

  #state({ index }: SimNode): State {
    const state = this.#states[index];
    if (!state) throw new Error(`no node ${index}`);
    return state;
  }
}

/** Cost of the cheapest way to each node: on each hop the likelihood that it does not happen next. */
function cheapestWays(from: number, known: readonly (Likelihoods | undefined)[]): Float64Array {
  const costs = new Float64Array(known.length).fill(Infinity);
  const isSettled = new Uint8Array(known.length);
  costs[from] = 0;
  for (;;) {
    let node = -1;
    let least = Infinity;
    for (let other = 0; other < costs.length; other++) {
      const cost = costs[other] ?? Infinity;
      if (isSettled[other] === 0 && cost < least) {
        least = cost;
        node = other;
      }
    }
    if (node < 0) return costs;
    isSettled[node] = 1;
    const likelihoods = known[node]?.of;
    if (!likelihoods) continue;
    for (let other = 0; other < costs.length; other++) {
      const likelihood = likelihoods[other] ?? 0;
      if (likelihood > 0) costs[other] = Math.min(costs[other] ?? Infinity, least + 1 - likelihood);
    }
  }
}
