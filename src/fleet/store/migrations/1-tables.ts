/** What the first version had: the tables, by what they are about. */
import type { TableMaker } from '../table-maker.ts';
import { updateTables } from './1-update-tables.ts';

export async function firstTables(maker: TableMaker): Promise<void> {
  await nodeTables(maker);
  await archiveTables(maker);
  await updateTables(maker);
  await officeTables(maker);
}

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
