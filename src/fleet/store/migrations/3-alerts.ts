import type { TableMaker } from '../table-maker.ts';

/** What each road for alerts was told, and who of several machines tells. */
export async function alertTables(maker: TableMaker): Promise<void> {
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
