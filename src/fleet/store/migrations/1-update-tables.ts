/** What the first version had: updates, and what nodes told of them. */
import type { Columns, TableMaker } from '../table-maker.ts';

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

export async function updateTables(maker: TableMaker): Promise<void> {
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
