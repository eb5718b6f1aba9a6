/**
 * Section `fleet-questions`: what the office asks of its fleet store, on SQLite and on a PostgreSQL started for it, and a search of a gigabyte
 * of logs of one node.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { everyNode } from '../src/fleet/node-query.ts';
import { fleetQuestions } from '../src/fleet/questions/fleet-questions.ts';
import { searchLogs, type LogFinding } from '../src/fleet/logs/search-logs.ts';
import { openFleetStore } from '../src/fleet/store/open-store.ts';
import { guidOf, madeAt, makeFleet, type FleetSize } from '../test/fleet/questions/made-fleet.ts';
import { Postgres } from '../test/kit/postgres.ts';
import { table } from './table.ts';

const rounds = 11;
const limitMs = 100;

/** @param nodes of the fleet; each has results of 200 updates @param logBytes of logs that are searched */
export async function benchFleetQuestions(scratch: string, nodes: number, logBytes: number): Promise<string> {
  const size = { nodes, updates: 200, contacts: 40 };
  const postgres = await Postgres.start();
  try {
    const sqlite = await ask({ store: 'sqlite', file: join(scratch, 'fleet.sqlite') }, size);
    const other = await ask({ store: await postgres.database(), file: '' }, size);
    const rows = sqlite.map(([name, ms], index) => [
      name,
      ms.toFixed(1),
      (other[index]?.[1] ?? 0).toFixed(1),
    ]);
    const text = `${nodes} nodes, 200 updates, ${nodes * 200} results, ${nodes * 40} contacts: medians of ${rounds}; ${limitMs} ms are allowed.`;
    const searched = await searchAll(scratch, logBytes);
    return `${text}\n\n${table(['', 'SQLite, ms', 'PostgreSQL, ms'], rows)}\n\n${searched}`;
  } finally {
    await postgres.stop();
  }
}

async function ask(
  config: { readonly store: string; readonly file: string },
  size: FleetSize,
): Promise<(readonly [name: string, ms: number])[]> {
  const store = await openFleetStore(config);
  await makeFleet(store, size);
  const fleet = fleetQuestions(store);
  const now = madeAt;
  const guid = guidOf(34);
  const questions: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['overview', () => fleet.overview(now)],
    ['what needs a person', () => fleet.needsPerson(now)],
    ['nodes, the worst 50', () => fleet.nodes(everyNode, now)],
    ['nodes, all', () => fleet.nodes({ ...everyNode, size: 5000 }, now)],
    ['nodes, by text', () => fleet.nodes({ ...everyNode, text: 'place 7' }, now)],
    [
      'nodes, by state and group',
      () => fleet.nodes({ ...everyNode, states: ['late'], groups: ['north'] }, now),
    ],
    [
      'nodes that lack an update',
      () => fleet.nodes({ ...everyNode, update: '200', results: ['unseen'] }, now),
    ],
    ['nodes, by an update, the last page', () => fleet.nodes({ ...everyNode, update: '100', page: 90 }, now)],
    ['nodes with gaps', () => fleet.nodes({ ...everyNode, marks: ['gaps'], sort: 'disk' }, now)],
    ['a node', () => fleet.node(guid, now)],
    ['a ferry', () => fleet.node(guidOf(0), now)],
    ['a key for a node', () => fleet.keyFor(guidOf(7), now)],
    ['updates', () => fleet.updates({ page: 1, size: 200 })],
    ['the newest update', () => fleet.update('200', now)],
    ['an old update', () => fleet.update('3', now)],
    ['roads', () => fleet.roads({ node: undefined, sort: 'contacts', page: 1, size: 50 })],
    [
      'roads, by bytes, a late page',
      () => fleet.roads({ node: undefined, sort: 'bytes', page: 100, size: 50 }),
    ],
  ];
  const measured: (readonly [string, number])[] = [];
  for (const [name, question] of questions) measured.push([name, await medianMs(question)]);
  await store.close();
  return measured;
}

async function medianMs(question: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = performance.now();
    await question();
    times.push(performance.now() - from);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

async function searchAll(scratch: string, bytes: number): Promise<string> {
  const folder = join(scratch, 'logs');
  makeLogs(folder, bytes);
  const rows: string[][] = [];
  for (const [name, text, isPattern] of [
    ['a text in the oldest line', 'the needle', false],
    ['a pattern in the oldest line', 'the [n]eedle( of old)?$', true],
    ['a text that is nowhere', 'no such text', false],
    ['a text in every line, 200 hits', 'systemd', false],
  ] as const)
    rows.push([name, ...(await search(folder, { text, isPattern }))]);
  return `${Math.round(bytes / 1e6)} MB of logs of one node, searched from the newest line:\n\n${table(['', 'first hit, s', 'all, s', 'hits'], rows)}`;
}

async function search(
  folder: string,
  wanted: { readonly text: string; readonly isPattern: boolean },
): Promise<string[]> {
  const from = performance.now();
  const seconds = (): string => ((performance.now() - from) / 1000).toFixed(2);
  let first = '–';
  let last: LogFinding | undefined;
  const stop = new AbortController().signal;
  const whole = { ...wanted, folder, ignoreCase: false, file: '', limit: 200, stop, deadlineMs: 0 };
  for await (const finding of searchLogs(whole)) {
    if (finding.kind === 'hit' && first === '–') first = seconds();
    last = finding;
  }
  return [first, seconds(), String(last?.kind === 'end' ? last.hits : 0)];
}

/** Four files; what is looked for stands at the very end of the way. */
function makeLogs(folder: string, bytes: number): void {
  const under = join(folder, '0123456789abcdef/var/log');
  mkdirSync(under, { recursive: true });
  const lines = Array.from(
    { length: 8000 },
    (_, index) =>
      `Nov 21 08:00:00 kiosk-17 systemd[1]: Started unit ${index} ${Math.sin(index)} of the day.\n`,
  );
  const block = Buffer.from(lines.join(''));
  for (const name of ['syslog', 'kern.log', 'auth.log', 'daemon.log']) {
    const fd = openSync(join(under, name), 'w');
    writeSync(fd, 'here is the needle of old\n');
    for (let done = 0; done < bytes / 4; done += block.length) writeSync(fd, block);
    closeSync(fd);
  }
}
