/** Who has an update, and since when, is answered from the index alone: among a million results each row would be another page of the disk. */
import type { TableMaker } from '../table-maker.ts';

export async function resultIndexes(maker: TableMaker): Promise<void> {
  await maker.index('results', 'digest', 'state', 'node', 'heard_at');
  await maker.dropIndex('results', 'digest', 'state');
}
