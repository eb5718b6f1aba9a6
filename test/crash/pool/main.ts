/** One contact of a ferry, to be killed anywhere: `ROOT OFFER PEER`. OFFER holds `summary` beside what is offered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PoolNode } from '../../flood/pool-node.ts';

const [root = '', folder = '', peer = ''] = process.argv.slice(2);
const ferry = await PoolNode.start(root, 2, 'ferry', { poolBytes: 6000, ownBytes: 100_000 });
await ferry.pull({ peer, folder, summary: readFileSync(join(folder, 'summary')) });
ferry.ledger.close();
