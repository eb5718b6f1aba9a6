import type { TableMaker } from '../table-maker.ts';

/** Archives that a proxy has acknowledged, and that a defect of ours keeps out of the store. */
export async function notEnteredTable(maker: TableMaker): Promise<void> {
  await maker.table(
    'not_entered',
    {
      node: 'text',
      incarnation: 'text',
      sequence: 'whole',
      proxy: 'text',
      since_at: 'whole',
      problem: { text: '' },
    },
    ['node', 'incarnation', 'sequence'],
  );
}
