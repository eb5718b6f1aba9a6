/**
 * The lists of the fleet, field by field: which there are, by the names that they bear in JSON, and how people see them headed. The page, its CSV
 * and `ferryman fleet` take both from here. Pure.
 *
 * A dot leads into an object of the row, or into each of a list: `result.state`, `nodes.guid`.
 */
import type { Incident } from '../alerts/incident.ts';
import type { NodeLine, ResultLine } from '../facts/node.ts';
import type { Need } from '../facts/overview.ts';
import type { RoadLine } from '../facts/roads.ts';
import type { UpdateLine } from '../facts/update.ts';
import { resultStates, type ResultState } from '../states.ts';

/** Headings by field; in CSV in this order. */
export type Fields<Row> = Readonly<Partial<Record<FieldName<Row>, string>>>;
export type FieldName<Row> = (keyof Row & string) | `${keyof Row & string}.${string}`;

export const nodeFields = {
  guid: 'GUID',
  name: 'Node',
  role: 'Role',
  place: 'Place',
  groups: 'Groups',
  state: 'State',
  heardAt: 'Last heard',
  heardRoad: 'By',
  rhythmSeconds: 'Usually every',
  lateAt: 'Late from',
  silentAt: 'Silent from',
  pausedUntil: 'Paused until',
  newestSequence: 'Newest',
  behind: 'Behind by',
  failures: 'Failures',
  absent: 'Logs',
  lost: 'Logs lost',
  undelivered: 'Logs undelivered',
  undeliveredBytes: 'Bytes undelivered',
  version: 'Version',
  diskFreeBytes: 'Disk free',
  diskTotalBytes: 'Disk',
  clockOffsetSeconds: 'Clock',
  'result.sequence': 'Update',
  'result.state': 'This update',
  'result.reason': 'Reason',
  'result.exitStatus': 'Exit',
  'result.signal': 'Signal',
  'result.lastLine': 'Last line',
} as const satisfies Fields<NodeLine>;

export const updateFields = {
  sequence: 'Update',
  title: 'Title',
  digest: 'Digest',
  created: 'Signed',
  expires: 'Expires',
  publishedAt: 'Published',
  firstSeenAt: 'First heard of',
  bytes: 'Size',
  total: 'Nodes',
  ...(Object.fromEntries(resultStates.map((state) => [`counts.${state}`, state])) as Record<
    `counts.${ResultState}`,
    string
  >),
} as const satisfies Fields<UpdateLine>;

export const roadFields = {
  'node.guid': 'Node',
  'node.name': 'Name of the node',
  'peer.guid': 'Met',
  'peer.name': 'Name of whom it met',
  peerRole: 'Role',
  contacts: 'Times',
  everyDays: 'How often',
  bytesIn: 'In',
  bytesOut: 'Out',
  parcelsIn: 'Parcels in',
  seconds: 'Seconds',
  firstNodeAt: 'First',
  lastNodeAt: 'Last',
} as const satisfies Fields<RoadLine>;

export const historyFields = {
  sequence: 'Update',
  title: 'Title',
  digest: 'Digest',
  state: 'State',
  reason: 'Reason',
  exitStatus: 'Exit',
  signal: 'Signal',
  attempts: 'Tries',
  channel: 'Came by',
  lastLine: 'Last line',
  nodeStartedAt: 'Began, by its clock',
  nodeFinishedAt: 'Ended, by its clock',
  heardAt: 'Heard',
} as const satisfies Fields<ResultLine>;

export const needFields = {
  kind: 'Kind',
  text: 'What',
  update: 'Update',
  nodeCount: 'Nodes',
  'nodes.guid': 'Such as',
  sinceAt: 'Since',
} as const satisfies Fields<Need>;

export const incidentFields = {
  kind: 'What',
  text: 'About',
  subject: 'Subject',
  count: 'Nodes',
  sinceAt: 'Began',
  openedAt: 'Noticed',
  closedAt: 'Over',
  toldAt: 'Told',
} as const satisfies Fields<Omit<Incident, 'id'> & { readonly toldAt: number | null }>;
