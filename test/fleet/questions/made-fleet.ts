/** A fleet made of a seed, straight into the tables: what the questions are asked of in tests and in `npm run bench`. */
import { createHash } from 'node:crypto';
import { sql, type Insertable } from 'kysely';
import type { FleetStore } from '../../../src/fleet/store/open-store.ts';
import { addToRoads } from '../../../src/fleet/store/roads.ts';
import type {
  ArchiveTable,
  ContactTable,
  IncarnationTable,
} from '../../../src/fleet/store/tables/archives.ts';
import type { NodeTable } from '../../../src/fleet/store/tables/nodes.ts';
import type { ResultTable, UpdateTable, ShortLogTable } from '../../../src/fleet/store/tables/updates.ts';
import type { ResultState } from '../../../src/fleet/states.ts';

export const day = 86_400_000;
export const madeAt = Date.parse('2026-11-21T12:00:00Z');

export interface FleetSize {
  readonly nodes: number;
  readonly updates: number;
  /** Contacts of each node. */
  readonly contacts: number;
  /** Archives of each node that the store knows by name, at most 20, and short logs; left out: none. */
  readonly archives?: number;
  readonly shortLogs?: number;
}

const guids: string[] = [];
const digests: string[] = [];

/** A GUID that is always the same for a number. */
export function guidOf(index: number): string {
  return (guids[index] ??= asGuid(createHash('sha256').update(`node ${index}`).digest('hex')));
}

function asGuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function digestOf(sequence: number): string {
  return (digests[sequence] ??= createHash('sha512').update(`update ${sequence}`).digest('hex'));
}

export async function makeFleet(store: FleetStore, size: FleetSize): Promise<void> {
  const sequences = Array.from({ length: size.updates }, (_, index) => index + 1);
  await insert(store, 'updates', sequences.map(updateRow));
  await insert(
    store,
    'update_recipients',
    sequences.map((sequence) => ({ digest: digestOf(sequence), recipient: 'all' })),
  );
  const counts = new Map<string, number>();
  for (let first = 0; first < size.nodes; first += 250) {
    const some = Array.from({ length: Math.min(250, size.nodes - first) }, (_, index) => first + index);
    const results = some.flatMap((node) =>
      sequences.map((sequence) => resultRow(node, sequence, size.updates)),
    );
    for (const { digest, state } of results)
      counts.set(`${digest} ${state}`, (counts.get(`${digest} ${state}`) ?? 0) + 1);
    await insert(store, 'results', results);
    await insert(
      store,
      'nodes',
      some.map((node) =>
        nodeRow(node, results.slice((node - first) * size.updates, (node - first + 1) * size.updates)),
      ),
    );
    await insert(
      store,
      'node_groups',
      some.map((node) => ({ node: guidOf(node), name: groupOf(node) })),
    );
    await insert(store, 'incarnations', some.map(incarnationRow));
    await insert(
      store,
      'archives',
      some.flatMap((node) => archiveRows(node, size.archives ?? 0)),
    );
    await insert(
      store,
      'short_logs',
      some.flatMap((node) => shortLogRows(node, size)),
    );
    const contacts = some.flatMap((node) => contactRows(node, size));
    await insert(store, 'contacts', contacts);
    await store.transaction((transaction) => addToRoads(transaction, contacts));
  }
  await insert(
    store,
    'update_counts',
    [...counts].map(([key, count]) => {
      const [digest = '', state] = key.split(' ');
      return { digest, state: state as ResultState, count };
    }),
  );
  await sql`analyze`.execute(store.db); // what the databases do by themselves after a while
}

type Table =
  | 'updates'
  | 'update_recipients'
  | 'results'
  | 'nodes'
  | 'node_groups'
  | 'incarnations'
  | 'archives'
  | 'contacts'
  | 'short_logs'
  | 'update_counts';

/** Rows of one statement. */
const rowsAtOnce = 5000;

/** As one text of JSON: a million rows of values bound one by one would take minutes. */
async function insert(store: FleetStore, table: Table, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const names = sql.join(columns.map((name) => sql.ref(name)));
  const into = sql`insert into ${sql.table(table)} (${names})`;
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const json = JSON.stringify(rows.slice(from, from + rowsAtOnce));
    const values = sql.join(columns.map((name) => sql`value ->> ${sql.lit(`$.${name}`)}`));
    const statement =
      store.dialect === 'postgres'
        ? sql`${into} select ${names} from json_populate_recordset(null::${sql.table(table)}, ${json}::json)`
        : sql`${into} select ${values} from json_each(${json})`;
    await store.transaction((transaction) => statement.execute(transaction));
  }
}

export function groupOf(node: number): string {
  return ['north', 'south', 'coast'][node % 3] ?? '';
}

function updateRow(sequence: number): Insertable<UpdateTable> {
  return {
    digest: digestOf(sequence),
    sequence,
    title: `change-${sequence}`,
    recipients: '["all"]',
    signers: '["00112233aabbccdd"]',
    bytes: 1000 * sequence,
    created: '2026-11-01T00:00:00Z',
    expires: null,
    script: 'run.sh',
    supersedes: '[]',
    published_at: null,
    first_seen_at: madeAt - 100 * day + sequence * 1000,
    told_by: 'office',
    spread: 2,
  };
}

/** The newest updates are on their way; one of 50 has failed; node 7 of ten lacks the last ones. */
function stateOf(node: number, sequence: number, last: number): ResultState {
  if (sequence > last - 2 && node % 10 === 7) return node % 20 === 7 ? 'unseen' : 'carried';
  if (sequence === last && node % 10 === 3) return 'waiting';
  if (sequence === last && node % 50 === 1) return 'failed';
  if (sequence === last - 1 && node % 500 === 2) return 'interrupted';
  return 'succeeded';
}

function resultRow(node: number, sequence: number, last: number): Insertable<ResultTable> {
  const state = stateOf(node, sequence, last);
  const isTold = state !== 'unseen' && state !== 'carried';
  const at = madeAt - (last - sequence) * 3 * day - (node % 2000) * 60_000;
  return {
    node: guidOf(node),
    digest: digestOf(sequence),
    state,
    reason: state === 'waiting' ? 'requires update 3' : '',
    heard_at: isTold ? at : null,
    road: isTold ? 'flood' : null,
    ledger_state: isTold ? state : null,
    ledger_reason: '',
    incarnation: isTold ? '0123456789abcdef' : null,
    archive_sequence: isTold ? sequence : null,
    exit_status: state === 'failed' ? 1 + (node % 3) : null,
    signal: null,
    attempts: isTold ? 1 : 0,
    channel: isTold ? 'flood' : null,
    last_line: state === 'failed' ? `cannot open /dev/sd${['a', 'b', 'c'][node % 3]}` : '',
    node_received_at: isTold ? at - 1000 : null,
    node_started_at: isTold ? at - 900 : null,
    node_finished_at: isTold ? at - 100 : null,
    told_at: isTold ? at : null,
    told_road: isTold ? 'flood' : null,
    transitions: isTold ? transitionsAt(at) : '[]',
  };
}

function transitionsAt(at: number): string {
  const states = ['received', 'verified', 'starting', 'running', 'succeeded'];
  return JSON.stringify(states.map((state) => ({ state, reason: '', at: new Date(at).toISOString() })));
}

function nodeRow(node: number, results: readonly Insertable<ResultTable>[]): Insertable<NodeTable> {
  const open = results.filter(({ state }) =>
    ['unseen', 'carried', 'waiting', 'running'].includes(state),
  ).length;
  const failed = results.filter(({ state }) => ['failed', 'interrupted', 'refused'].includes(state)).length;
  const heardAt = node % 100 === 99 ? null : madeAt - heardDaysAgo(node) * day;
  return {
    guid: guidOf(node),
    role: node % 50 === 0 ? 'ferry' : 'kiosk',
    serial: node + 1,
    name: `node-${node}`,
    place: `Place ${node % 400}`,
    note: '',
    groups: JSON.stringify([groupOf(node)]),
    first_known_at: madeAt - 400 * day,
    paused_until: node % 200 === 5 ? madeAt + 10 * day : null,
    last_heard_at: heardAt,
    last_heard_road: heardAt === null ? null : ['flood', 'usb', 'sms'][node % 3],
    rhythm_seconds: heardAt === null ? null : 86_400,
    newest_sequence: results.length - open,
    version: '1.2.3',
    disk_free_bytes: node % 250 === 9 ? 1e8 : 2e10,
    disk_total_bytes: 6e10,
    undelivered: node % 7 === 6 ? 4 : null,
    undelivered_bytes: node % 7 === 6 ? 120_000 : null,
    clock_offset_seconds: node % 400 === 11 ? 50_000 : 3,
    failed_count: failed,
    open_count: open,
    state: failed > 0 ? 'failed' : open > 0 ? 'behind' : 'current',
  } as Insertable<NodeTable>;
}

function heardDaysAgo(node: number): number {
  if (node % 40 === 20) return 30;
  return node % 25 === 10 ? 5 : (node % 48) / 24;
}

function incarnationRow(node: number): Insertable<IncarnationTable> {
  const hasGap = node % 30 === 4;
  return {
    node: guidOf(node),
    incarnation: '0123456789abcdef',
    held: hasGap ? '1-5,8-20' : '1-20',
    voids: hasGap ? '7' : '',
    highest: 20,
    missing_count: hasGap ? 1 : 0,
    void_count: hasGap ? 1 : 0,
    first_heard_at: madeAt - 100 * day,
    last_heard_at: madeAt - day,
  };
}

/** One a day, of those that are held. */
function archiveRows(node: number, archives: number): Insertable<ArchiveTable>[] {
  return Array.from({ length: archives }, (_, index) => index + 1).map((sequence) => {
    const at = madeAt - heardDaysAgo(node) * day - (archives - sequence) * day;
    return {
      node: guidOf(node),
      incarnation: '0123456789abcdef',
      sequence,
      class: 'long',
      digest: digestOf(sequence),
      bytes: 50_000,
      node_created_at: at - 60_000,
      received_at: at,
      proxy: guidOf(0),
      road: 'flood',
      state: 'readable',
      bad_lines: 0,
      problem: '',
    };
  });
}

function shortLogRows(node: number, { shortLogs = 0, updates }: FleetSize): Insertable<ShortLogTable>[] {
  return Array.from({ length: Math.min(shortLogs, updates) }, (_, index) => ({
    node: guidOf(node),
    sequence: updates - index,
    state: 'succeeded' as const,
    text: `update ${updates - index} succeeded in 12 s: all is well`,
    road: 'sms',
    node_at: madeAt - index * 3 * day,
    received_at: madeAt - index * 3 * day - node * 1000,
    counter: updates - index,
  }));
}

function contactRows(node: number, { nodes, contacts }: FleetSize): Insertable<ContactTable>[] {
  return Array.from({ length: contacts }, (_, index) => {
    const peer = index % 4 === 3 ? (node + 1) % nodes : node - (node % 50);
    const at = madeAt - index * day - (node % 1000) * 1000;
    return {
      node: guidOf(node),
      incarnation: '0123456789abcdef',
      sequence: index + 1,
      line: 1,
      node_at: at,
      at,
      peer: guidOf(peer),
      role: peer % 50 === 0 ? 'ferry' : 'kiosk',
      seconds: 30,
      bytes_in: 1000 + index,
      bytes_out: 500,
      parcels_in: 2,
      reason: '',
    };
  });
}
