/** Tables of archives, and what they tell of contacts; how times and lists are kept: `schema.ts`. */
import type { Generated } from 'kysely';

export interface IncarnationTable {
  node: string;
  incarnation: string;
  /** Sequences of which the contents are here: `1-7,9`. */
  held: string;
  /** Sequences that the node had to drop undelivered. */
  voids: string;
  highest: number;
  /** Below `highest`, neither held nor void. */
  missing_count: number;
  void_count: number;
  /** The office has closed it. */
  closed: Generated<number>;
  /** JSON: what the node has told of itself last, of the archive `facts_sequence`. */
  facts: Generated<string>;
  facts_sequence: number | null;
  first_heard_at: number;
  last_heard_at: number;
}

export interface ArchiveTable {
  node: string;
  incarnation: string;
  sequence: number;
  class: string;
  digest: string;
  bytes: number;
  node_created_at: number | null;
  received_at: number;
  /** GUID of the proxy that has told. */
  proxy: string;
  road: string;
  /** `readable` or `unreadable`. */
  state: string;
  /** Lines that are not as they must be. */
  bad_lines: Generated<number>;
  /** Why it is unreadable, or of the first bad line. */
  problem: string;
}

/** An archive that is acknowledged and not in the store: an error of ours. Its proxy tries again at each start. */
export interface NotEnteredTable {
  node: string;
  incarnation: string;
  sequence: number;
  /** GUID of the proxy that holds it. */
  proxy: string;
  since_at: number;
  problem: string;
}

/** Further contents under a name that is taken: a copied disk, or a forger with the node's key. */
export interface ForkTable {
  node: string;
  incarnation: string;
  sequence: number;
  digest: string;
  seen_at: number;
  proxy: string;
}

export interface ContactTable {
  node: string;
  incarnation: string;
  sequence: number;
  line: number;
  node_at: number;
  /** The same in the proxy's time where the node's clock is known to be wrong. */
  at: number;
  peer: string;
  role: string;
  seconds: number;
  bytes_in: number;
  bytes_out: number;
  parcels_in: number;
  reason: string;
}

/** All contacts of two nodes together, by the word of `node`; kept by `addToRoads`, and longer than the contacts themselves. */
export interface RoadTable {
  node: string;
  peer: string;
  /** Of the peer, by the newest contact. */
  role: string;
  contacts: number;
  bytes: number;
  bytes_in: number;
  bytes_out: number;
  parcels_in: number;
  seconds: number;
  first_at: number;
  last_at: number;
}
