/** Tables of updates, and what became of them; how times and lists are kept: `schema.ts`. */
import type { Generated } from 'kysely';
import type { ResultState } from '../../states.ts';

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
