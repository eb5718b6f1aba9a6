/** What the store of a proxy holds, and what is not there: the facts behind `ferryman proxy status`. Reads the index alone. */
import type { Database } from 'better-sqlite3';
import { readEpoch, type StoreEpoch } from './epoch.ts';
import { findGaps, type Gap } from './gaps.ts';
import { openIndexForReading } from './index/open.ts';
import { ProxyIndex, type ForkRow, type RefusedRow } from './index/proxy-index.ts';
import type { ProxyPlaces } from './places.ts';

export interface IncarnationStanding {
  readonly origin: string;
  readonly incarnation: string;
  readonly shard: number;
  readonly archives: number;
  readonly bytes: number;
  /** The highest number that has come. */
  readonly newest: number;
  /** When something came last, by the clock of the proxy. */
  readonly lastAt: string;
  /** Durable, and neither unpacked nor acknowledged yet. */
  readonly waiting: number;
  readonly unreadable: readonly { readonly sequence: number; readonly reason: string }[];
  readonly gaps: readonly Gap[];
  readonly forks: readonly ForkRow[];
}

export interface ProxyStanding {
  /** `null`: nothing was ever acknowledged. */
  readonly epoch: StoreEpoch | null;
  /** Shards in which something is not acknowledged yet. */
  readonly unacknowledged: readonly number[];
  /** Sorted by origin, and by when they were heard of last. */
  readonly incarnations: readonly IncarnationStanding[];
  readonly refused: readonly RefusedRow[];
}

/** Unreadable archives that are told one by one. */
const maxUnreadable = 100;

/** @param isLate whether what has been expected since a time may still be on its way @throws FerrymanError `proxy.epoch`, `proxy.index` */
export function readStanding(places: ProxyPlaces, isLate: (since: string) => boolean): ProxyStanding {
  const epoch = readEpoch(places) ?? null;
  const database = openIndexForReading(places.indexFile);
  if (!database) return { epoch, unacknowledged: [], incarnations: [], refused: [] };
  try {
    const index = new ProxyIndex(database);
    return {
      epoch,
      unacknowledged: index.shards.changed(),
      incarnations: readCounts(database).map((counts) => describe(counts, index, isLate)),
      refused: index.refusals(),
    };
  } finally {
    database.close();
  }
}

interface Counts extends Omit<IncarnationStanding, 'unreadable' | 'gaps' | 'forks'> {
  readonly id: number;
}

function readCounts(database: Database): Counts[] {
  return database
    .prepare<[], Counts>(
      `SELECT id, incarnations.origin, incarnation, coalesce(shard, 0) AS shard, last_at AS lastAt,
         count(sequence) AS archives, coalesce(sum(bytes), 0) AS bytes, coalesce(max(sequence), 0) AS newest,
         coalesce(sum(state = 'waiting'), 0) AS waiting
       FROM incarnations LEFT JOIN origins USING (origin) LEFT JOIN archives ON of = id
       GROUP BY id ORDER BY incarnations.origin, last_at DESC, id`,
    )
    .all();
}

function describe(
  { id, ...counts }: Counts,
  index: ProxyIndex,
  isLate: (since: string) => boolean,
): IncarnationStanding {
  const { coverage, archives } = index;
  const known = { held: coverage.held.all(id), voids: coverage.voids.all(id) };
  return {
    ...counts,
    unreadable: archives.unreadable(id, maxUnreadable),
    gaps: findGaps(known, archives.newestFirst(id), isLate),
    forks: index.forks(id),
  };
}
