/**
 * How many pings are looked at closely, by source and in all: a signature costs more to check than to forge. Sources of which one was
 * believed have a share of their own, so that strangers cannot drown them. Pure but for its memory, which is bounded.
 */

export interface Rate {
  /** At once. */
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  level: number;
  atSeconds: number;
}

const perSource: Rate = { burst: 4, perSecond: 0.5 };
/** Of all strangers together: datagrams that are read … */
const read: Rate = { burst: 200, perSecond: 200 };
/** … and signatures that are checked. */
const proven: Rate = { burst: 60, perSecond: 30 };
/** Of all sources that were believed before. */
const known: Rate = { burst: 200, perSecond: 60 };

/** Sources that are remembered; the one that was silent for longest is forgotten. */
const maxSources = 1024;

export class Limiter {
  readonly #sources = new Map<string, Bucket>();
  readonly #known = new Set<string>();
  readonly #ofStrangers = new Shared(read);
  readonly #ofStrangersProven = new Shared(proven);
  readonly #ofKnown = new Shared(known);

  /** @param nowSeconds of a clock that never jumps. @returns false: this one is not looked at */
  allows(source: string, nowSeconds: number): boolean {
    const bucket = this.#sources.get(source) ?? { level: perSource.burst, atSeconds: nowSeconds };
    this.#sources.delete(source);
    this.#sources.set(source, bucket); // the order of the map is that of the last ping
    if (this.#sources.size > maxSources) {
      const [oldest] = this.#sources.keys();
      if (oldest !== undefined) this.#sources.delete(oldest);
    }
    const shared = this.#known.has(source) ? this.#ofKnown : this.#ofStrangers;
    return take(bucket, perSource, nowSeconds) && shared.take(nowSeconds);
  }

  /** Asked after {@link allows}, before a signature is checked. */
  allowsProof(source: string, nowSeconds: number): boolean {
    return this.#known.has(source) || this.#ofStrangersProven.take(nowSeconds);
  }

  /** A ping from there was right. */
  believed(source: string): void {
    this.#known.delete(source);
    this.#known.add(source);
    if (this.#known.size <= maxSources) return;
    const [oldest] = this.#known;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

class Shared {
  readonly #rate: Rate;
  readonly #bucket: Bucket;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#bucket = { level: rate.burst, atSeconds: 0 };
  }

  take(nowSeconds: number): boolean {
    return take(this.#bucket, this.#rate, nowSeconds);
  }
}

function take(bucket: Bucket, { burst, perSecond }: Rate, nowSeconds: number): boolean {
  bucket.level = Math.min(burst, bucket.level + Math.max(0, nowSeconds - bucket.atSeconds) * perSecond);
  bucket.atSeconds = nowSeconds;
  if (bucket.level < 1) return false;
  bucket.level -= 1;
  return true;
}
