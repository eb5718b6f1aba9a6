/**
 * The tables of the fleet store, for SQLite and PostgreSQL from one definition. Applied at every start, by whoever is first; one that was
 * released is never changed, only followed by another.
 *
 * Text is compared byte by byte in both (`COLLATE "C"`), so that both sort alike; whole numbers have 64 bits in both.
 */
import type { SchemaModule } from 'kysely';
import { TableMaker, type Columns, type Dialect } from './table-maker.ts';

type Migration = (maker: TableMaker) => Promise<void>;

const told: Columns = {
  ledger_state: 'text?',
  ledger_reason: { text: '' },
  incarnation: 'text?',
  archive_sequence: 'whole?',
  exit_status: 'whole?',
  signal: 'text?',
  attempts: { whole: 0 },
  channel: 'text?',
  last_line: { text: '' },
  node_received_at: 'whole?',
  node_started_at: 'whole?',
  node_finished_at: 'whole?',
  told_at: 'whole?',
  told_road: 'text?',
  transitions: { text: '[]' },
};

async function nodeTables(maker: TableMaker): Promise<void> {
  await maker.table(
    'nodes',
    {
      guid: 'text',
      role: 'text?',
      serial: 'whole?',
      enrolled_at: 'whole?',
      name: { text: '' },
      place: { text: '' },
      note: { text: '' },
      groups: { text: '[]' },
      first_known_at: 'whole',
      paused_until: 'whole?',
      last_heard_at: 'whole?',
      last_heard_road: 'text?',
      rhythm_seconds: 'whole?',
      heard_times: { text: '[]' },
      newest_sequence: 'whole?',
      baseline: 'whole?',
      version: 'text?',
      disk_free_bytes: 'whole?',
      disk_total_bytes: 'whole?',
      clock_offset_seconds: 'whole?',
      undelivered: 'whole?',
      undelivered_bytes: 'whole?',
      failed_count: { whole: 0 },
      open_count: { whole: 0 },
      state: { text: 'new' },
    },
    ['guid'],
  );
  await maker.index('nodes', 'state');
  await maker.index('nodes', 'last_heard_at');
  await maker.table('node_groups', { node: 'text', name: 'text' }, ['node', 'name']);
  await maker.index('node_groups', 'name');
}

async function archiveTables(maker: TableMaker): Promise<void> {
  await maker.table(
    'incarnations',
    {
      node: 'text',
      incarnation: 'text',
      held: { text: '' },
      voids: { text: '' },
      highest: { whole: 0 },
      missing_count: { whole: 0 },
      void_count: { whole: 0 },
      closed: { whole: 0 },
      facts: { text: '{}' },
      facts_sequence: 'whole?',
      first_heard_at: 'whole',
      last_heard_at: 'whole',
    },
    ['node', 'incarnation'],
  );
  const name = { node: 'text', incarnation: 'text', sequence: 'whole' } as const;
  await maker.table(
    'archives',
    {
      ...name,
      class: 'text',
      digest: 'text',
      bytes: 'whole',
      node_created_at: 'whole?',
      received_at: 'whole',
      proxy: 'text',
      road: 'text',
      state: 'text',
      bad_lines: { whole: 0 },
      problem: { text: '' },
    },
    ['node', 'incarnation', 'sequence'],
  );
  await maker.index('archives', 'node', 'received_at');
  await maker.table('forks', { ...name, digest: 'text', seen_at: 'whole', proxy: 'text' }, [
    'node',
    'incarnation',
    'sequence',
    'digest',
  ]);
  await maker.table(
    'contacts',
    {
      ...name,
      line: 'whole',
      node_at: 'whole',
      at: 'whole',
      peer: 'text',
      role: 'text',
      seconds: 'whole',
      bytes_in: 'whole',
      bytes_out: 'whole',
      parcels_in: 'whole',
      reason: { text: '' },
    },
    ['node', 'incarnation', 'sequence', 'line'],
  );
  await maker.index('contacts', 'node', 'at');
  await maker.index('contacts', 'peer', 'at');
  await maker.index('contacts', 'at');
}

async function updateTables(maker: TableMaker): Promise<void> {
  await maker.table(
    'updates',
    {
      digest: 'text',
      sequence: 'whole?',
      title: { text: '' },
      recipients: { text: '[]' },
      signers: { text: '[]' },
      bytes: 'whole?',
      created: 'text?',
      expires: 'text?',
      script: 'text?',
      supersedes: { text: '[]' },
      published_at: 'whole?',
      first_seen_at: 'whole',
      is_carried: { whole: 0 },
      spread: { whole: 0 },
      told_by: { text: '' },
    },
    ['digest'],
  );
  await maker.index('updates', 'sequence');
  await maker.table('update_recipients', { digest: 'text', recipient: 'text' }, ['digest', 'recipient']);
  await maker.index('update_recipients', 'recipient');
  await maker.table('update_counts', { digest: 'text', state: 'text', count: 'whole' }, ['digest', 'state']);
  await maker.table(
    'publications',
    { digest: 'text', road: 'text', at: 'whole', by_whom: 'text', outcome: { text: '' } },
    ['digest', 'road'],
  );
  await maker.table(
    'results',
    {
      node: 'text',
      digest: 'text',
      state: 'text',
      reason: { text: '' },
      heard_at: 'whole?',
      road: 'text?',
      ...told,
    },
    ['node', 'digest'],
  );
  await maker.index('results', 'digest', 'state');
  await maker.index('updates', 'told_by');
  await maker.table('older_results', { node: 'text', digest: 'text', ...told, incarnation: 'text' }, [
    'node',
    'digest',
    'incarnation',
  ]);
  await maker.table(
    'holders',
    { digest: 'text', node: 'text', heard_at: 'whole', incarnation: 'text', archive_sequence: 'whole' },
    ['digest', 'node'],
  );
}

async function officeTables(maker: TableMaker): Promise<void> {
  await maker.table('short_logs', {
    id: 'counted',
    node: 'text',
    sequence: 'whole',
    state: 'text',
    text: 'text',
    road: 'text',
    node_at: 'whole?',
    received_at: 'whole',
    counter: 'whole',
  });
  await maker.index('short_logs', 'node', 'counter');
  await maker.index('short_logs', 'sequence');
  await maker.index('short_logs', 'received_at');
  await maker.table('incidents', {
    id: 'counted',
    kind: 'text',
    subject: 'text',
    text: 'text',
    since_at: 'whole?',
    opened_at: 'whole',
    closed_at: 'whole?',
    told_at: 'whole?',
    closed_told_at: 'whole?',
    count: { whole: 1 },
  });
  await maker.index('incidents', 'kind', 'subject');
  await maker.table(
    'users',
    {
      name: 'text',
      role: 'text',
      password_hash: 'text',
      created_at: 'whole',
      changed_at: 'whole',
      last_login_at: 'whole?',
    },
    ['name'],
  );
  await maker.table(
    'sessions',
    {
      token_hash: 'text',
      user: 'text',
      created_at: 'whole',
      seen_at: 'whole',
      expires_at: 'whole',
    },
    ['token_hash'],
  );
  await maker.table('sms_counters', { node: 'text', highest: 'whole', window: { text: '' } }, ['node']);
}

/** What makes the questions of the page fast: who meets whom without a look at every contact; results of one update in their order of hearing. */
async function questionTables(maker: TableMaker): Promise<void> {
  await maker.table(
    'roads',
    {
      node: 'text',
      peer: 'text',
      role: 'text',
      contacts: 'whole',
      bytes: 'whole',
      bytes_in: 'whole',
      bytes_out: 'whole',
      parcels_in: 'whole',
      seconds: 'whole',
      first_at: 'whole',
      last_at: 'whole',
    },
    ['node', 'peer'],
  );
  await maker.index('roads', 'peer');
  await maker.index('roads', 'contacts', 'node', 'peer');
  await maker.index('roads', 'bytes', 'node', 'peer');
  await maker.index('roads', 'last_at', 'node', 'peer');
}

async function alertTables(maker: TableMaker): Promise<void> {
  await maker.table(
    'incident_tellings',
    { incident: 'whole', lane: 'text', opening_told_at: 'whole?', closing_told_at: 'whole?' },
    ['incident', 'lane'],
  );
  await maker.table(
    'alert_lanes',
    {
      name: 'text',
      since_at: 'whole',
      last_told_at: 'whole?',
      failures: { whole: 0 },
      problem: { text: '' },
      retry_at: 'whole?',
    },
    ['name'],
  );
  await maker.table('leases', { name: 'text', holder: 'text', until_at: 'whole' }, ['name']);
  await maker.index('incidents', 'closed_at');
}

const migrations: readonly Migration[] = [
  async (maker) => {
    await nodeTables(maker);
    await archiveTables(maker);
    await updateTables(maker);
    await officeTables(maker);
  },
  questionTables,
  alertTables,
];

/** The version that this code knows. */
export const fleetVersion = migrations.length;

/** Applies what is missing. @param schema of a transaction that nobody else is in @param from the version that the store has */
export async function applyMigrations(schema: SchemaModule, dialect: Dialect, from: number): Promise<void> {
  const maker = new TableMaker(schema, dialect);
  for (const migration of migrations.slice(from)) await migration(maker);
}
