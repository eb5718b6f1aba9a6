import type { TableMaker } from '../table-maker.ts';

/** What makes the questions of the page fast: who meets whom without a look at every contact; results of one update in their order of hearing. */
export async function roadTables(maker: TableMaker): Promise<void> {
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
