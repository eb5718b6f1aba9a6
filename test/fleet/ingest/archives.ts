/** Archives of made-up nodes as a proxy hands them to the fleet store, and everything that the store then holds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { sql } from 'kysely';
import { ingestArchives, type Ingested } from '../../../src/fleet/ingest/ingest-archive.ts';
import type { SettledArchive } from '../../../src/fleet/ingest/settled-archive.ts';
import type { FleetStore } from '../../../src/fleet/store/open-store.ts';
import { formatContact } from '../../../src/parcel/contact.ts';
import { formatNodeFacts, type NodeFacts } from '../../../src/parcel/node-facts.ts';
import type { Role } from '../../../src/parcel/recipients.ts';
import { formatTimestamp } from '../../../src/parcel/timestamp.ts';
import type { UpdateState } from '../../../src/plan/facts.ts';

export const proxy = 'aaaaaaaa-0000-4000-8000-000000000001';
export const startMs = Date.parse('2026-11-01T00:00:00Z');
export const hourMs = 3600_000;

export function kiosk(nth: number): string {
  return `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`;
}

export function digestOf(sequence: number): string {
  return String(sequence).padStart(128, '0');
}

/** A line of `ledger.jsonl`, as `ferryman show --json` has it. */
export function ledgerLine(sequence: number, state: UpdateState, changes: object = {}): string {
  const at = formatTimestamp(startMs + sequence * 60_000);
  return JSON.stringify({
    sequence,
    digest: digestOf(sequence),
    title: `Update ${sequence}`,
    channel: 'flood',
    state,
    exitStatus: state === 'failed' ? 3 : null,
    signal: null,
    attempts: 1,
    receivedAt: at,
    startedAt: null,
    finishedAt: null,
    reason: `${state} ${sequence}`,
    retryAfterSeconds: null,
    recipients: ['all'],
    created: '2026-10-01T00:00:00Z',
    expires: null,
    script: { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 },
    requires: [],
    supersedes: [],
    signers: ['0123456789ABCDEF'],
    transitions: [
      { state: 'received', reason: '', at },
      ...(state === 'received' ? [] : [{ state, reason: '', at }]),
    ],
    runs: [],
    shortLogs: [],
    rivals: [],
    parcel: null,
    ...changes,
  });
}

export function contactLine(atMs: number, peer = kiosk(99)): string {
  return formatContact({
    at: formatTimestamp(atMs),
    peer,
    role: 'ferry',
    seconds: 3,
    bytesIn: 10,
    bytesOut: 20,
    parcelsIn: 1,
    reason: 'done',
  });
}

export const someFacts: NodeFacts = {
  version: '1.2.3',
  groups: ['north'],
  baseline: 0,
  freeBytes: 5,
  totalBytes: 10,
  undelivered: 2,
  undeliveredBytes: 300,
};

export interface Draft {
  readonly node?: string;
  readonly role?: Role;
  readonly serial?: number;
  readonly incarnation?: string;
  readonly sequence?: number;
  readonly digest?: string;
  readonly receivedAtMs?: number;
  readonly createdMs?: number;
  readonly road?: string;
  readonly voids?: SettledArchive['word'] extends infer Word
    ? NonNullable<Word> extends { manifest: { voids: infer Voids } }
      ? Voids
      : never
    : never;
  readonly ledger?: readonly (string | Buffer)[];
  readonly contacts?: readonly (string | Buffer)[];
  readonly facts?: NodeFacts | Buffer;
}

export function settled(draft: Draft): SettledArchive {
  const {
    node = kiosk(1),
    incarnation = '0123456789abcdef',
    sequence = 1,
    role = 'kiosk',
    serial = 1,
  } = draft;
  const receivedAtMs = draft.receivedAtMs ?? startMs + sequence * hourMs;
  const digest = draft.digest ?? `${node.slice(-12)}${incarnation}${sequence}`.padEnd(128, 'f');
  return {
    origin: node,
    incarnation,
    sequence,
    class: 'short',
    digest,
    bytes: 1000,
    receivedAtMs,
    proxy,
    road: draft.road ?? 'flood',
    problem: '',
    word: {
      manifest: {
        origin: node,
        incarnation,
        sequence,
        class: 'short',
        full: sequence === 1,
        files: [],
        created: formatTimestamp(draft.createdMs ?? receivedAtMs - 60_000),
        voids: draft.voids ?? [],
      },
      enrolment: {
        node,
        role,
        serial,
        created: '2026-01-01T00:00:00Z',
        identity: { keyId: '0000000000000001', key: Buffer.alloc(32) } as never,
      },
    },
  };
}

const scratch = mkdtempSync(join(tmpdir(), 'ferryman-archives-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The folder into which a proxy would have unpacked it. */
export function unpacked({ ledger = [], contacts = [], facts }: Draft): string {
  const folder = mkdtempSync(join(scratch, 'archive-'));
  const write = (name: string, lines: readonly (string | Buffer)[]): void =>
    writeFileSync(
      join(folder, name),
      Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])),
    );
  if (ledger.length > 0) write('ledger.jsonl', ledger);
  if (contacts.length > 0) write('contacts.jsonl', contacts);
  if (facts) write('node.jsonl', [Buffer.isBuffer(facts) ? facts : formatNodeFacts(facts)]);
  return folder;
}

export async function ingest(store: FleetStore, draft: Draft): Promise<Ingested> {
  return ingestOne(store, settled(draft), unpacked(draft));
}

export async function ingestOne(
  store: FleetStore,
  archive: SettledArchive,
  folder: string | undefined,
): Promise<Ingested> {
  const [ingested] = await ingestArchives(store, [{ archive, folder }]);
  if (!ingested) throw new Error('expected an archive to be taken, found none');
  return ingested;
}

const facts = [
  'nodes',
  'node_groups',
  'incarnations',
  'archives',
  'forks',
  'updates',
  'update_recipients',
  'update_counts',
  'publications',
  'results',
  'older_results',
  'holders',
  'contacts',
  'roads',
] as const;

/** Empties the store, and lets it be quick from here on: nobody cuts its power. */
export async function forgetAll({ db, dialect }: FleetStore): Promise<void> {
  if (dialect === 'sqlite') await sql`pragma synchronous = off`.execute(db);
  for (const table of facts) await db.deleteFrom(table).execute();
}

/** Every row of every table that is made from archives, in an order of its own. */
export async function everything({ db }: FleetStore): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const table of facts) {
    const rows = await db.selectFrom(table).selectAll().execute();
    tables[table] = rows.map((row) => JSON.stringify(row, Object.keys(row).toSorted())).toSorted();
  }
  const { rows } = {
    rows: await db.selectFrom('short_logs').select(['node', 'counter', 'state', 'text']).execute(),
  };
  tables['short_logs'] = rows.map((row) => JSON.stringify(row)).toSorted();
  return tables;
}

/** State of each update on each node: `1/42 succeeded`. */
export async function states({ db }: FleetStore): Promise<string[]> {
  const rows = await db.selectFrom('results').select(['node', 'digest', 'state']).execute();
  return rows
    .map(({ node, digest, state }) => `${Number(node.slice(-12))}/${Number(digest)} ${state}`)
    .toSorted();
}

/** The counts beside the results are what counting them anew gives. */
export async function countsOf({ db }: FleetStore): Promise<{ kept: string[]; counted: string[] }> {
  const results = await db
    .selectFrom('results')
    .select(({ fn }) => ['digest', 'state', fn.countAll<number>().as('count')])
    .groupBy(['digest', 'state'])
    .execute();
  const kept = await db.selectFrom('update_counts').select(['digest', 'state', 'count']).execute();
  const nodes = await db.selectFrom('nodes').select(['guid', 'open_count']).orderBy('guid').execute();
  const all = await db.selectFrom('results').select(['node', 'state']).execute();
  const open = ['unseen', 'carried', 'waiting', 'running'];
  const openOf = (guid: string): number =>
    all.filter(({ node, state }) => node === guid && open.includes(state)).length;
  return {
    kept: [...inWords(kept), ...nodes.map(({ guid, open_count }) => `${guid} ${open_count}`)],
    counted: [...inWords(results), ...nodes.map(({ guid }) => `${guid} ${openOf(guid)}`)],
  };
}

function inWords(rows: readonly { digest: string; state: string; count: number }[]): string[] {
  return rows.map(({ digest, state, count }) => `${digest} ${state} ${count}`).toSorted();
}
