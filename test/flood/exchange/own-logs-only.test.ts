/** A kiosk that is told to leave the logs of others where they are. */
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { PoolNode } from '../pool-node.ts';

afterAll(removeFolders);

const settings = { poolBytes: 1e6, ownBytes: 1e6 };
const ownOnly = { ...settings, config: '[flood]\nownLogsOnly = true\n' };

test.each([
  ['kiosk', ownOnly, 0],
  ['kiosk', settings, 1],
  ['ferry', ownOnly, 1],
] as const)('a %s with %o takes %i archive of a neighbour', async (role, how, archives) => {
  const node = await PoolNode.start(join(temporaryFolder(), 'root'), 1, role, how);
  const neighbour = await PoolNode.start(join(temporaryFolder(), 'root'), 2, 'ferry', settings);
  neighbour.pack('long', Buffer.from('a log'));
  expect(await node.pullFrom(neighbour)).toBe(archives);
  for (const { ledger } of [node, neighbour]) ledger.close();
});
