/** Plain epidemic: everything to everyone, the oldest copy goes first and is dropped first, no acknowledgements. To compare with. */
import type { Message } from '../scenario.ts';
import type { Copy, Offer, Policy, PolicyWorld, SimNode } from './policy.ts';

export class Epidemic implements Policy {
  readonly #world: PolicyWorld;
  readonly #received: Set<Message>[];

  constructor(world: PolicyWorld) {
    this.#world = world;
    this.#received = world.nodes.map(() => new Set());
  }

  met(): void {}

  offer(from: SimNode, to: SimNode): Offer | undefined {
    const received = this.#received[to.index];
    let first: Copy | undefined;
    for (const copy of from.copies.values()) {
      const { message } = copy;
      if (to.copies.has(message) || received?.has(message) || message.bytes > this.#world.bufferBytes)
        continue;
      if (message.to === to.index) return { messages: [message], priority: Infinity };
      first ??= copy;
    }
    return first && { messages: [first.message], priority: -first.arrival };
  }

  makeRoom(node: SimNode, message: Message): Message[] | undefined {
    if (message.bytes > this.#world.bufferBytes) return undefined;
    const goes: Message[] = [];
    let used = node.usedBytes;
    for (const { message: oldest } of node.copies.values()) {
      if (used + message.bytes <= this.#world.bufferBytes) break;
      goes.push(oldest);
      used -= oldest.bytes;
    }
    return goes;
  }

  stored(): void {}

  removed(): void {}

  delivered(message: Message, at: SimNode, from: SimNode): void {
    this.#received[at.index]?.add(message);
    this.#world.drop(from, message); // the one that has handed it over knows
  }
}
