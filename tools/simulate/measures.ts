/** What a run is judged by. */
import type { Message } from './scenario.ts';

interface Story {
  readonly message: Message;
  deliveredAt: number | undefined;
  copies: number;
  copiesAtDelivery: number;
}

export interface MessageResult {
  readonly id: string;
  /** Seconds since it was made; `undefined`: not delivered. */
  readonly delay: number | undefined;
}

export interface Results {
  readonly created: number;
  readonly delivered: number;
  /** `null` where nothing was delivered, or nothing created. */
  readonly ratio: number | null;
  readonly meanDelaySeconds: number | null;
  readonly medianDelaySeconds: number | null;
  /** Transfers to relays for each delivery. */
  readonly overhead: number | null;
  readonly transfers: number;
  readonly cutTransfers: number;
  readonly evicted: number;
  /** Mean number of nodes that held a copy when it was delivered, its origin counted, its destination not. */
  readonly meanCopiesAtDelivery: number | null;
  /** Largest number of copies in all buffers together. */
  readonly peakCopies: number;
}

export class Measures {
  readonly #stories = new Map<Message, Story>();
  #relayed = 0;
  #cut = 0;
  #evicted = 0;
  #copies = 0;
  #peakCopies = 0;
  /** Contacts that came up twice, or went down without being up. */
  strayContactEvents = 0;

  created(message: Message): void {
    this.#stories.set(message, { message, deliveredAt: undefined, copies: 0, copiesAtDelivery: 0 });
  }

  stored(message: Message): void {
    const story = this.#stories.get(message);
    if (story) story.copies++;
    this.#peakCopies = Math.max(this.#peakCopies, ++this.#copies);
  }

  removed(message: Message): void {
    const story = this.#stories.get(message);
    if (story) story.copies--;
    this.#copies--;
  }

  relayed(): void {
    this.#relayed++;
  }

  cut(): void {
    this.#cut++;
  }

  evicted(count: number): void {
    this.#evicted += count;
  }

  delivered(message: Message, at: number): void {
    const story = this.#stories.get(message);
    if (!story || story.deliveredAt !== undefined) return;
    story.deliveredAt = at;
    story.copiesAtDelivery = story.copies;
  }

  messages(): MessageResult[] {
    return [...this.#stories.values()].map(({ message, deliveredAt }) => ({
      id: message.id,
      delay: deliveredAt === undefined ? undefined : deliveredAt - message.createdAt,
    }));
  }

  results(): Results {
    const delivered = [...this.#stories.values()].filter(({ deliveredAt }) => deliveredAt !== undefined);
    const delays = delivered.map(({ message, deliveredAt }) => (deliveredAt ?? 0) - message.createdAt);
    const created = this.#stories.size;
    return {
      created,
      delivered: delivered.length,
      ratio: created === 0 ? null : delivered.length / created,
      meanDelaySeconds: mean(delays),
      medianDelaySeconds: median(delays),
      overhead: delivered.length === 0 ? null : (this.#relayed - delivered.length) / delivered.length,
      transfers: this.#relayed,
      cutTransfers: this.#cut,
      evicted: this.#evicted,
      meanCopiesAtDelivery: mean(delivered.map(({ copiesAtDelivery }) => copiesAtDelivery)),
      peakCopies: this.#peakCopies,
    };
  }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length - 1 - middle], sorted[middle]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
