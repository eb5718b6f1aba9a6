/** Section `fleet`: parcels of nodes into the store of a proxy and its fleet store, on SQLite and on a PostgreSQL that syncs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Postgres } from '../test/kit/postgres.ts';
import type { Sample } from './measure.ts';
import { fleetAtWork, node, run } from './programs.ts';
import { table } from './table.ts';

const updates = 200;
const [wantedPerMinute, allowedMib] = [2000, 200];

/** @param nodes of the fleet; each has results of 200 updates @param parcels that come */
export async function benchFleet(scratch: string, nodes: number, parcels: number): Promise<string> {
  const given = join(scratch, 'given');
  run(node, [fleetAtWork, 'pack', given, String(nodes), String(parcels)]);
  const postgres = await Postgres.start([]);
  try {
    const rows = [
      ['SQLite', 'sqlite'],
      ['PostgreSQL', await postgres.database()],
    ].map(([name = '', store = '']) => {
      const root = join(scratch, name);
      mkdirSync(root);
      run(node, [fleetAtWork, 'fill', root, store, String(nodes), String(updates)]);
      const taken = JSON.parse(run(node, [fleetAtWork, 'take', root, store, given])) as Sample;
      const perMinute = Math.round((parcels / taken.wallSeconds) * 60);
      const perCpuMinute = Math.round((parcels / taken.cpuSeconds) * 60);
      const { wallSeconds, cpuSeconds, peakMib } = taken;
      return [
        name,
        wallSeconds.toFixed(2),
        cpuSeconds.toFixed(2),
        peakMib.toFixed(0),
        String(perMinute),
        String(perCpuMinute),
      ];
    });
    const text = `${nodes} nodes, ${updates} updates, ${nodes * updates} results are there; ${parcels} parcels of two updates, three contacts and what the node tells of itself come: read, proven, stored and synced, unpacked, fed, acknowledged, all in one process. Wanted: ${wantedPerMinute} a minute and core, ${allowedMib} MiB.`;
    return `${text}\n\n${table(['', 'wall, s', 'cpu, s', 'peak MiB', 'a minute', 'a minute of processor'], rows)}`;
  } finally {
    await postgres.stop();
  }
}
