/**
 * What the fleet store holds: the office's knowledge of its nodes, a type per table. The tables themselves are made by `migrations.ts`.
 *
 * Times (`…_at`) are whole milliseconds since 1970 UTC: by the proxy's clock, but `node_…_at` by the node's, which may be wrong. What is
 * yes or no is 1 or 0. Lists stand as JSON texts. Everything that a node has said of itself was signed by the node and may still be untrue.
 */
import type { Generated } from 'kysely';
import type { ResultState } from '../states.ts';
import type { StoredNodeState } from './states.ts';

export interface FleetSchema {
  nodes: NodeTable;
  node_groups: NodeGroupTable;
  incarnations: IncarnationTable;
  archives: ArchiveTable;
  forks: ForkTable;
  updates: UpdateTable;
  update_recipients: UpdateRecipientTable;
  update_counts: UpdateCountTable;
  publications: PublicationTable;
  results: ResultTable;
  older_results: OlderResultTable;
  holders: HolderTable;
  contacts: ContactTable;
  roads: RoadTable;
  short_logs: ShortLogTable;
  incidents: IncidentTable;
  incident_tellings: IncidentTellingTable;
  alert_lanes: AlertLaneTable;
  leases: LeaseTable;
  users: UserTable;
  sessions: SessionTable;
  sms_counters: SmsCounterTable;
}

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

/** Further contents under a name that is taken: a copied disk, or a forger with the node's key. */
export interface ForkTable {
  node: string;
  incarnation: string;
  sequence: number;
  digest: string;
  seen_at: number;
  proxy: string;
}

export interface UpdateTable {
  digest: string;
  sequence: number | null;
  title: string;
  /** JSON, as in the manifest; `[]`: not known. */
  recipients: string;
  /** JSON: key ids. */
  signers: string;
  bytes: number | null;
  /** RFC 3339, as in the manifest. */
  created: string | null;
  expires: string | null;
  script: string | null;
  /** JSON: sequences and ranges, as in the manifest. */
  supersedes: string;
  published_at: number | null;
  first_seen_at: number;
  /** A node has told that it has it. */
  is_carried: Generated<number>;
  /** 1: it is entered for every node that is known and that it is for. 2: nodes that only its recipients name are known too. */
  spread: Generated<number>;
  /** Whose word the terms are: `office`, or the GUID of a node. */
  told_by: string;
}

export interface UpdateRecipientTable {
  digest: string;
  recipient: string;
}

export interface UpdateCountTable {
  digest: string;
  state: ResultState;
  count: number;
}

export interface PublicationTable {
  digest: string;
  road: string;
  at: number;
  by_whom: string;
  outcome: string;
}

/** What the node's ledger has told of an update. */
export interface Told {
  /** The ledger's own word. */
  ledger_state: string | null;
  ledger_reason: Generated<string>;
  incarnation: string | null;
  archive_sequence: number | null;
  exit_status: number | null;
  signal: string | null;
  attempts: Generated<number>;
  channel: string | null;
  /** Of the newest short log. */
  last_line: Generated<string>;
  node_received_at: number | null;
  node_started_at: number | null;
  node_finished_at: number | null;
  /** When that archive was received, and by what road in one word. */
  told_at: number | null;
  told_road: string | null;
  /** JSON: `[{state, reason, at}]`, the last of them. */
  transitions: Generated<string>;
}

/** One node and one update: a row for every node that an update is for, and for every node that has told of it. */
export interface ResultTable extends Told {
  node: string;
  digest: string;
  state: ResultState;
  reason: Generated<string>;
  /** When this state was heard of, whatever by; `null`: unseen. */
  heard_at: number | null;
  /** By what road in one word. */
  road: string | null;
}

/** What other incarnations of the same node have told. */
export interface OlderResultTable extends Told {
  node: string;
  digest: string;
}

/** Nodes that have an update which is not for them: they carry it. */
export interface HolderTable {
  digest: string;
  node: string;
  heard_at: number;
  /** Of the archive that has told it. */
  incarnation: string;
  archive_sequence: number;
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

export interface ShortLogTable {
  id: Generated<number>;
  node: string;
  /** Of the update. */
  sequence: number;
  state: ResultState;
  text: string;
  road: string;
  node_at: number | null;
  received_at: number;
  counter: number;
}

export interface IncidentTable {
  id: Generated<number>;
  kind: string;
  subject: string;
  text: string;
  /** When it began; `null`: not known. */
  since_at: number | null;
  /** When it was noticed. */
  opened_at: number;
  closed_at: number | null;
  told_at: number | null;
  closed_told_at: number | null;
  count: Generated<number>;
}

/** What one road for alerts has been told. */
export interface IncidentTellingTable {
  incident: number;
  /** Name of the road. */
  lane: string;
  opening_told_at: number | null;
  closing_told_at: number | null;
}

/** How it stands with a road for alerts. */
export interface AlertLaneTable {
  name: string;
  /** What was over before it was configured is not its business. */
  since_at: number;
  last_told_at: number | null;
  /** In a row. */
  failures: Generated<number>;
  problem: Generated<string>;
  /** It is left alone until then. */
  retry_at: number | null;
}

/** What one of several machines does, until then. */
export interface LeaseTable {
  name: string;
  holder: string;
  until_at: number;
}

export interface UserTable {
  name: string;
  role: string;
  password_hash: string;
  created_at: number;
  changed_at: number;
  last_login_at: number | null;
}

export interface SessionTable {
  token_hash: string;
  user: string;
  created_at: number;
  seen_at: number;
  expires_at: number;
}

export interface SmsCounterTable {
  node: string;
  highest: number;
  /** Which of those below were seen. */
  window: string;
}
