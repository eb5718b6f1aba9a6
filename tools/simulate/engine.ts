/**
 * Plays contacts and messages through a policy.
 *
 * A node is in one transfer at a time, in either direction, as in The ONE; the end of a contact cuts the transfer on it, and nothing
 * of it is kept. Without a speed everything passes at once, through all nodes that see each other at that moment.
 * Of one moment: messages are made first, then transfers end, then contacts come and go in the order of the file, then time is over
 * for what expires.
 */
import { Heap, type Timed } from './heap.ts';
import { Measures } from './measures.ts';
import type { Copy, Offer, Policy, PolicyWorld, SimNode } from './policies/policy.ts';
import type { ContactEvent, Limits, Message, Scenario } from './scenario.ts';

interface Transfer extends Timed {
  readonly kind: 'transfer';
  readonly contact: Contact;
  readonly message: Message;
  readonly from: Peer;
  readonly to: Peer;
}

interface Expiry extends Timed {
  readonly kind: 'expiry';
  readonly message: Message;
}

interface Contact {
  readonly a: Peer;
  readonly b: Peer;
  transfer: Transfer | undefined;
  bytes: number;
}

interface Peer extends SimNode {
  readonly contacts: Map<Peer, Contact>;
  readonly received: Set<Message>;
  busy: Transfer | undefined;
}

interface Start {
  readonly from: Peer;
  readonly to: Peer;
  readonly contact: Contact;
  readonly offer: Offer;
}

const afterMessages = 0;
const atTheEnd = 1;

export type MakePolicy = (world: PolicyWorld, scenario: Scenario) => Policy;

export class Engine {
  readonly measures = new Measures();
  readonly #scenario: Scenario;
  readonly #limits: Limits;
  readonly #nodes: readonly Peer[];
  readonly #policy: Policy;
  readonly #pending = new Heap<Transfer | Expiry>();
  /** Nodes whose transfers are to be looked at again. */
  readonly #restless = new Set<Peer>();
  #arrivals = 0;
  #now = 0;

  constructor(scenario: Scenario, limits: Limits, makePolicy: MakePolicy) {
    this.#scenario = scenario;
    this.#limits = limits;
    this.#nodes = scenario.nodes.map((_, index) => ({
      index,
      copies: new Map(),
      usedBytes: 0,
      contacts: new Map(),
      received: new Set(),
      busy: undefined,
    }));
    this.#policy = makePolicy(
      {
        nodes: this.#nodes,
        bufferBytes: limits.bufferBytes,
        isLimited: limits.bufferBytes < Infinity || limits.bytesPerSecond < Infinity,
        peers: (node) => this.#node(node.index).contacts.keys(),
        drop: (node, message) => this.#drop(this.#node(node.index), message),
      },
      scenario,
    );
  }

  /** Plays everything. @param told called with the fraction that is done, now and then */
  *play(): Generator<number, undefined> {
    const { messages, contacts } = this.#scenario;
    const total = Math.max(1, messages.length + contacts.length);
    let [m, c] = [0, 0];
    while (m < messages.length || c < contacts.length) {
      const [message, contact] = [messages[m], contacts[c]];
      const isMessage = message !== undefined && !(contact && contact.at < message.createdAt);
      const at = isMessage ? message.createdAt : (contact?.at ?? 0);
      this.#passTime(at, isMessage);
      this.#now = at;
      if (isMessage) {
        this.#create(message);
        m++;
      } else if (contact) {
        this.#changeContact(contact);
        c++;
      }
      this.#settle();
      if ((m + c) % 256 === 0) yield (m + c) / total;
    }
    this.#passTime(Infinity, false);
  }

  /** Ends what ends before this moment; at the moment itself too when `beforeMessages` is false. */
  #passTime(until: number, beforeMessages: boolean): void {
    for (let next = this.#pending.first(); next; next = this.#pending.first()) {
      if (next.at > until || (next.at === until && (beforeMessages || next.kind === 'expiry'))) return;
      this.#pending.take();
      if (next.kind === 'transfer' && next.contact.transfer !== next) continue; // it was cut
      this.#now = next.at;
      if (next.kind === 'expiry') this.#expire(next.message);
      else this.#finish(next);
      this.#settle();
    }
  }

  #create(message: Message): void {
    this.measures.created(message);
    const node = this.#node(message.from);
    if (message.expiresAt < Infinity)
      this.#pending.add({ kind: 'expiry', at: message.expiresAt, rank: atTheEnd, message });
    if (message.from === message.to) {
      this.measures.delivered(message, this.#now);
      return;
    }
    if (this.#makeRoom(node, message, true)) this.#store(node, message, undefined);
  }

  #changeContact({ a, b, isUp }: ContactEvent): void {
    const [one, other] = [this.#node(a), this.#node(b)];
    const known = one.contacts.get(other);
    if (isUp && !known) {
      const contact: Contact = { a: one, b: other, transfer: undefined, bytes: 0 };
      one.contacts.set(other, contact);
      other.contacts.set(one, contact);
      this.#policy.met(one, other, this.#now);
      this.#restless.add(one).add(other);
    } else if (!isUp && known) {
      one.contacts.delete(other);
      other.contacts.delete(one);
      if (known.transfer) {
        this.measures.cut();
        this.#free(known);
      }
      this.#policy.parted?.(one, other, known.bytes);
    } else this.measures.strayContactEvents++;
  }

  #free(contact: Contact): void {
    contact.transfer = undefined;
    contact.a.busy = undefined;
    contact.b.busy = undefined;
    this.#restless.add(contact.a).add(contact.b);
  }

  /** Starts what can start, until nothing more can. */
  #settle(): void {
    for (const node of this.#restless) {
      this.#restless.delete(node);
      while (!node.busy && this.#startBest(node));
    }
  }

  /** @returns true when something has passed or begun to pass */
  #startBest(node: Peer): boolean {
    let best: Start | undefined;
    for (const [peer, contact] of node.contacts) {
      if (peer.busy) continue;
      for (const [from, to] of [
        [node, peer],
        [peer, node],
      ] as const) {
        const offer = this.#policy.offer(from, to, this.#now);
        if (offer && !(best && best.offer.priority >= offer.priority)) best = { from, to, contact, offer };
      }
    }
    return best !== undefined && this.#start(best);
  }

  #start({ from, to, contact, offer }: Start): boolean {
    let isStarted = false;
    for (const message of offer.messages) {
      if (message.to !== to.index && !this.#makeRoom(to, message, false)) continue;
      isStarted = true;
      const seconds = message.bytes / this.#limits.bytesPerSecond;
      const transfer: Transfer = {
        kind: 'transfer',
        at: this.#now + seconds,
        rank: afterMessages,
        contact,
        message,
        from,
        to,
      };
      if (seconds === 0) {
        this.#finish(transfer);
        continue;
      }
      contact.transfer = transfer;
      from.busy = transfer;
      to.busy = transfer;
      this.#pending.add(transfer);
      break;
    }
    return isStarted;
  }

  #finish({ contact, message, from, to }: Transfer): void {
    this.#free(contact);
    contact.bytes += message.bytes;
    this.measures.relayed();
    if (to.copies.has(message)) return;
    if (message.to === to.index) {
      if (to.received.has(message)) return;
      to.received.add(message);
      this.measures.delivered(message, this.#now);
      this.#policy.delivered(message, to, from, this.#now);
    } else if (this.#makeRoom(to, message, false)) this.#store(to, message, from);
  }

  #makeRoom(node: Peer, message: Message, own: boolean): boolean {
    const goes = this.#policy.makeRoom(node, message, own, this.#now);
    if (!goes) return false;
    for (const each of goes) this.#drop(node, each);
    this.measures.evicted(goes.length);
    return true;
  }

  #store(node: Peer, message: Message, from: Peer | undefined): void {
    const hops = from ? (from.copies.get(message)?.hops ?? 0) + 1 : 0;
    const copy: Copy = { message, hops, arrival: ++this.#arrivals };
    node.copies.set(message, copy);
    node.usedBytes += message.bytes;
    this.measures.stored(message);
    this.#policy.stored(node, copy, from, this.#now);
    this.#restless.add(node);
  }

  #drop(node: Peer, message: Message): void {
    if (!node.copies.delete(message)) return;
    node.usedBytes -= message.bytes;
    this.measures.removed(message);
    this.#policy.removed(node, message);
    if (node.busy?.message === message && node.busy.from === node) {
      this.measures.cut();
      this.#free(node.busy.contact);
    }
  }

  #expire(message: Message): void {
    for (const node of this.#nodes) this.#drop(node, message);
    for (const { busy } of this.#nodes) if (busy?.message === message) this.#free(busy.contact);
  }

  #node(index: number): Peer {
    const node = this.#nodes[index];
    if (!node) throw new Error(`no node ${index}`);
    return node;
  }
}
