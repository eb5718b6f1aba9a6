/**
 * Section `fleet`: a large fleet in a fleet store, on SQLite and on a PostgreSQL that syncs. First every page, call and export of the office
 * is asked for, then archives of its nodes come in.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Postgres } from '../test/kit/postgres.ts';
import { measureOffice, type MeasuredOffice, type MeasuredRoute } from './fleet/pages.ts';
import type { Sample } from './measure.ts';
import { fleetAtWork, node, run } from './programs.ts';
import { table } from './table.ts';

const updates = 200;
const [wantedPerMinute, allowedMib, allowedMs, allowedKb] = [2000, 200, 100, 300];

interface Measured {
  readonly office: MeasuredOffice;
  readonly taken: Sample;
  /** Of it, in the server of the database. */
  readonly serverCpuSeconds: number;
}

/** @param nodes of the fleet; each has results of 200 updates @param parcels that come */
export async function benchFleet(scratch: string, nodes: number, parcels: number): Promise<string> {
  const given = join(scratch, 'given');
  run(node, [fleetAtWork, 'pack', given, String(nodes), String(parcels)]);
  const roots = { sqlite: join(scratch, 'sqlite'), postgres: join(scratch, 'postgres') };
  Object.values(roots).forEach((root) => mkdirSync(root));
  const fill = (root: string, store: string): void =>
    void run(node, [fleetAtWork, 'fill', root, store, String(nodes), String(updates)]);
  fill(roots.sqlite, 'sqlite');
  const sqlite = await measureStore(roots.sqlite, 'sqlite', given, () => 0);
  const server = await Postgres.start(); // not synced while it is filled
  try {
    const store = await server.database();
    fill(roots.postgres, store);
    await server.sql('checkpoint');
    await server.kill();
    await server.up([]);
    const postgres = await measureStore(roots.postgres, store, given, () => cpuSecondsOf(server.pid));
    const size = `${nodes} nodes, ${updates} updates, ${nodes * updates} results`;
    return [officeText(size, sqlite, postgres), feedText(size, parcels, { sqlite, postgres })].join('\n\n');
  } finally {
    await server.stop();
  }
}

async function measureStore(
  root: string,
  store: string,
  given: string,
  serverCpuSeconds: () => number,
): Promise<Measured> {
  const office = await measureOffice(root, store, updates);
  const before = serverCpuSeconds();
  const taken = JSON.parse(run(node, [fleetAtWork, 'take', root, store, given])) as Sample;
  return { office, taken, serverCpuSeconds: serverCpuSeconds() - before };
}

/** User and system time of a process and of all that it has started. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ended = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return children.reduce((sum, child) => sum + cpuSecondsOf(Number(child)), ended);
}

function officeText(size: string, sqlite: Measured, postgres: Measured): string {
  const inPairs = sqlite.office.routes.map(
    (one, index) => [one, postgres.office.routes[index] ?? one] as const,
  );
  const whole = inPairs.filter(([{ kind }]) => kind !== 'stream');
  const streams = inPairs.filter(([{ kind }]) => kind === 'stream');
  const peaks = [sqlite, postgres].map(({ office }) => office.peakMib.toFixed(0));
  return [
    `${size}, 20 archives, 40 contacts and 5 short logs of each node. Milliseconds from asking until the whole answer is there, median (worst) of five, and processor time of \`ferryman office\` for one answer; kB as sent, of a page with style and scripts. Allowed: ${allowedMs} ms, ${allowedKb} kB, ${allowedMib} MiB. The office at its largest: ${peaks[0]} MiB with SQLite, ${peaks[1]} with PostgreSQL.`,
    table(
      ['', 'SQLite, ms', 'cpu', 'PostgreSQL, ms', 'cpu', 'kB'],
      whole.map(([one, other]) => [shortPath(one.path), ...times(one), ...times(other), kb(one)]),
    ),
    'Lists of any length are sent while they are made: until the first byte, and the longest that somebody else had to wait for a small file meanwhile, 5 and 3 times.',
    table(
      streamHead,
      streams.map(([one, other]) => [shortPath(one.path), ...parts(one), ...parts(other), kb(one)]),
    ),
  ].join('\n\n');
}

const ofStream = ['first, ms', 'others wait', 'whole', 'cpu'];
const streamHead = [
  '',
  ...ofStream.map((one) => `SQLite: ${one}`),
  ...ofStream.map((one) => `PostgreSQL: ${one}`),
  'kB',
];

function times({ medianMs, worstMs, cpuMs }: MeasuredRoute): string[] {
  return [`${medianMs.toFixed(0)} (${worstMs.toFixed(0)})`, cpuMs.toFixed(0)];
}

function parts(one: MeasuredRoute): string[] {
  return [one.firstMs.toFixed(0), one.othersMs.toFixed(0), ...times(one)];
}

function kb({ sentBytes }: MeasuredRoute): string {
  return (sentBytes / 1000).toFixed(0);
}

function shortPath(path: string): string {
  const short = path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'GUID').replaceAll(/[0-9a-f]{16}/g, 'DIGEST');
  return `\`${short}\``;
}

function feedText(
  size: string,
  parcels: number,
  of: { readonly sqlite: Measured; readonly postgres: Measured },
): string {
  const row = (name: string, { taken, serverCpuSeconds }: Measured): string[] => {
    const cpuSeconds = taken.cpuSeconds + serverCpuSeconds;
    return [
      name,
      taken.wallSeconds.toFixed(1),
      cpuSeconds.toFixed(1),
      serverCpuSeconds.toFixed(1),
      taken.peakMib.toFixed(0),
      String(Math.round((parcels / taken.wallSeconds) * 60)),
      String(Math.round((parcels / cpuSeconds) * 60)),
    ];
  };
  const text = `${size} are there; ${parcels} parcels of two updates, three contacts and what the node tells of itself come, four of each node: read, proven, stored and synced, unpacked, fed, acknowledged, all in one process. Wanted: ${wantedPerMinute} a minute and core, ${allowedMib} MiB.`;
  const head = ['', 'wall, s', 'cpu, s', 'of it PostgreSQL', 'peak MiB', 'a minute', 'a minute of processor'];
  return `${text}\n\n${table(head, [row('SQLite', of.sqlite), row('PostgreSQL', of.postgres)])}`;
}
