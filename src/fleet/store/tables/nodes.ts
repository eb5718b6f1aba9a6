/** Tables of nodes; how times and lists are kept: `schema.ts`. */
import type { Generated } from 'kysely';
import type { StoredNodeState } from '../states.ts';

export interface NodeTable {
  guid: string;
  /** `null`: known by its GUID alone. */
  role: string | null;
  /** Of the newest enrolment that is known. */
  serial: number | null;
  /** When the office made that, by the office's clock. */
  enrolled_at: number | null;
  /** What people call it, where it stands, what they note: of the office, never of the node. */
  name: string;
  place: string;
  note: string;
  /** JSON: names of groups, sorted. */
  groups: Generated<string>;
  first_known_at: number;
  /** Not looked at until then. */
  paused_until: number | null;
  last_heard_at: number | null;
  last_heard_road: string | null;
  /** Median of the pauses between hearings. */
  rhythm_seconds: number | null;
  /** JSON: the last 16 hearings, oldest first. Archives that came together are one hearing. */
  heard_times: Generated<string>;
  /** The newest update of which the node has told. */
  newest_sequence: number | null;
  /** Sequences up to this one came with the image. */
  baseline: number | null;
  version: string | null;
  disk_free_bytes: number | null;
  disk_total_bytes: number | null;
  /** The node's clock less the proxy's, by the newest archive that came within minutes of being made; else `null`. */
  clock_offset_seconds: number | null;
  /** Archives that the node had not delivered when it told last. */
  undelivered: number | null;
  undelivered_bytes: number | null;
  /** Results by group of states; `state` follows from them. */
  failed_count: Generated<number>;
  open_count: Generated<number>;
  /** Without regard to the time: late, silent and paused are decided when it is asked. */
  state: Generated<StoredNodeState>;
}

export interface NodeGroupTable {
  node: string;
  name: string;
}

export interface SmsCounterTable {
  node: string;
  highest: number;
  /** Which of those below were seen. */
  window: string;
}
