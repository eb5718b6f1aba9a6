/** What neighbours held when they were last met: what few others have is fetched first. Bounded, whatever they say of themselves. */
import type { Summary } from '../../parcel/summary.ts';
import { streamKey, type Stream, type StreamHoldings } from '../decide/archive.ts';

/** Ranges that are remembered of one neighbour: of one that names more, nothing is. */
const maxRanges = 20_000;

export class KnownHoldings {
  readonly #byNode = new Map<string, ReadonlyMap<string, StreamHoldings>>();

  /** Neighbours whose copies are counted. */
  static readonly maxNodes = 32;

  learn({ node, logs }: Pick<Summary, 'node' | 'logs'>): void {
    this.#byNode.delete(node);
    const ranges = logs.reduce((sum, { short, long }) => sum + short.length + long.length, 0);
    if (ranges > maxRanges) return;
    this.#byNode.set(node, new Map(logs.map((held) => [streamKey(held), held])));
    if (this.#byNode.size <= KnownHoldings.maxNodes) return;
    const [oldest] = this.#byNode.keys();
    if (oldest !== undefined) this.#byNode.delete(oldest);
  }

  /** @param but a neighbour whose own copies do not count */
  of(stream: Stream, but: string): StreamHoldings[] {
    const key = streamKey(stream);
    return [...this.#byNode].flatMap(([node, held]) => (node === but ? [] : (held.get(key) ?? [])));
  }
}
