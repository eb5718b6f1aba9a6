/**
 * What the fleet store holds: the office's knowledge of its nodes, a type per table (`tables/`). The tables themselves are made by `migrations/`.
 *
 * Times (`…_at`) are whole milliseconds since 1970 UTC: by the proxy's clock, but `node_…_at` by the node's, which may be wrong. What is
 * yes or no is 1 or 0. Lists stand as JSON texts. Everything that a node has said of itself was signed by the node and may still be untrue.
 */
import type { NodeGroupTable, NodeTable, SmsCounterTable } from './tables/nodes.ts';
import type {
  ArchiveTable,
  ContactTable,
  ForkTable,
  NotEnteredTable,
  IncarnationTable,
  RoadTable,
} from './tables/archives.ts';
import type {
  HolderTable,
  OlderResultTable,
  PublicationTable,
  ResultTable,
  ShortLogTable,
  UpdateCountTable,
  UpdateRecipientTable,
  UpdateTable,
} from './tables/updates.ts';
import type {
  AlertLaneTable,
  IncidentTable,
  IncidentTellingTable,
  LeaseTable,
  SessionTable,
  UserTable,
} from './tables/office.ts';

export interface FleetSchema {
  nodes: NodeTable;
  node_groups: NodeGroupTable;
  incarnations: IncarnationTable;
  archives: ArchiveTable;
  not_entered: NotEnteredTable;
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
