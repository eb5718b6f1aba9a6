/** Plays the year into a fleet store, by the same doors that publishing, proxies and modems use. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { ingestArchives } from '../../src/fleet/ingest/ingest-archive.ts';
import { recordPublication } from '../../src/fleet/ingest/record-publication.ts';
import { recordShortLog } from '../../src/fleet/ingest/record-short-log.ts';
import type { SettledArchive } from '../../src/fleet/ingest/settled-archive.ts';
import type { FleetStore } from '../../src/fleet/store/open-store.ts';
import { formatTimestamp } from '../../src/parcel/timestamp.ts';
import { archivesOf, type ToldArchive } from './archives.ts';
import {
  chance,
  dayMs,
  digestOf,
  guidOf,
  makeCast,
  makeEditions,
  type Edition,
  type Player,
} from './cast.ts';

const incarnation = '5f3a9c0e12b4d678';

export interface Year {
  readonly nodes: number;
  readonly now: number;
  /** Scratch, and the logs to be read. */
  readonly folder: string;
  readonly stop: AbortSignal;
  readonly tell: (text: string) => void;
}

/** @returns how many archives came home; fewer when it was stopped */
export async function playYear(store: FleetStore, { nodes, now, folder, stop, tell }: Year): Promise<number> {
  // The store is thrown away at the end: a power cut may take it.
  if (store.dialect === 'sqlite') await sql`pragma synchronous = off`.execute(store.db);
  const cast = makeCast(nodes);
  const editions = makeEditions(now);
  for (const edition of editions) await publish(store, edition);
  let archives = 0;
  for (const [index, player] of cast.entries()) {
    if (stop.aborted) return archives;
    for (const archive of archivesOf(player, editions, now)) {
      await takeIn(store, { player, archive, serial: index + 1, folder });
      archives += 1;
    }
    if ((index + 1) % 100 === 0) tell(`${index + 1} of ${nodes} nodes, ${archives} archives`);
  }
  await nameAll(store, cast, now);
  await sendShortLogs(store, now);
  writeLogs(folder, cast, now);
  await sql`analyze`.execute(store.db);
  return archives;
}

async function publish(store: FleetStore, { sequence, digest, title, signedAt }: Edition): Promise<void> {
  await recordPublication(store, {
    terms: {
      digest,
      sequence,
      title,
      recipients: ['all'],
      signers: ['0123456789ABCDEF'],
      created: formatTimestamp(signedAt),
      expires: null,
      script: 'install.sh',
      supersedes: [],
    },
    bytes: 200_000 + Math.floor(9_000_000 * chance(`bytes ${sequence}`)),
    atMs: signedAt + 600_000,
    byWhom: 'anna',
    roads: [
      { road: 'backhaul', outcome: 'handed over' },
      { road: 'flood', outcome: 'handed over' },
    ],
  });
}

interface Arriving {
  readonly player: Player;
  readonly archive: ToldArchive;
  readonly serial: number;
  readonly folder: string;
}

async function takeIn(store: FleetStore, { player, archive, serial, folder }: Arriving): Promise<void> {
  const unpacked = join(folder, 'unpacked-archive');
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked);
  for (const [name, text] of Object.entries(archive.files)) writeFileSync(join(unpacked, name), text);
  const { guid, role } = player;
  const { sequence, at, road } = archive;
  const settled: SettledArchive = {
    origin: guid,
    incarnation,
    sequence,
    class: 'short',
    digest: digestOf(`archive ${guid} ${sequence}`),
    bytes: 4000 + sequence,
    receivedAtMs: Math.floor(at) + 3_600_000 > Date.now() ? Date.now() : Math.floor(at),
    proxy: guidOf(-1),
    road,
    problem: '',
    word: {
      manifest: {
        origin: guid,
        incarnation,
        sequence,
        class: 'short',
        full: sequence === 1,
        files: [],
        created: formatTimestamp(at - 60_000),
        voids: archive.lost,
      },
      enrolment: {
        node: guid,
        role,
        serial,
        created: '2026-01-01T00:00:00Z',
        identity: { keyId: Buffer.alloc(8), key: Buffer.alloc(32) } as never, // nothing here asks who signed
      },
    },
  };
  await ingestArchives(store, [{ archive: settled, folder: unpacked }]);
}

/** What people call them; and the three that are on leave. */
async function nameAll(store: FleetStore, cast: readonly Player[], now: number): Promise<void> {
  await store.transaction(async (transaction) => {
    for (const [index, { guid, name, place }] of cast.entries()) {
      const paused =
        index % 333 === 50 ? { paused_until: now + 30 * dayMs, note: 'closed for the holidays' } : {};
      await transaction
        .updateTable('nodes')
        .set({ name, place, ...paused })
        .where('guid', '=', guid)
        .execute();
    }
  });
}

/** Of nodes with a modem that have run the newest update since their last archive came home. */
async function sendShortLogs(store: FleetStore, now: number): Promise<void> {
  const open = await store.db
    .selectFrom('results')
    .innerJoin('updates', 'updates.digest', 'results.digest')
    .innerJoin('nodes', 'nodes.guid', 'results.node')
    .select('results.node')
    .where('updates.sequence', '=', 24)
    .where('results.state', 'in', ['unseen', 'carried'])
    .where('nodes.last_heard_at', '>', now - 7 * dayMs)
    .orderBy('results.node')
    .execute();
  const withModem = open.filter((_, index) => index % 3 === 0).slice(0, 40);
  for (const [index, { node }] of withModem.entries())
    await recordShortLog(store, {
      node,
      sequence: 24,
      state: index % 10 === 4 ? 'failed' : 'succeeded',
      text: index % 10 === 4 ? 'unpack: no space left on device' : 'done',
      road: 'sms',
      nodeAtMs: now - index * 1_800_000,
      receivedAtMs: now - index * 1_800_000,
      counter: 1,
    });
}

/** Something to search in. */
function writeLogs(folder: string, cast: readonly Player[], now: number): void {
  for (const [index, { guid, name }] of cast.slice(0, 20).entries()) {
    const log = join(folder, 'unpacked', guid, incarnation, 'var/log');
    mkdirSync(log, { recursive: true });
    const lines = Array.from({ length: 2000 }, (_, minute) => {
      const at = formatTimestamp(now - (2000 - minute) * 60_000);
      const what =
        minute % 97 === index
          ? 'kernel: usb 1-1: device descriptor read error'
          : `kiosk: page ${minute % 13} shown`;
      return `${at} ${name} ${what}\n`;
    });
    writeFileSync(join(log, 'syslog'), lines.join(''));
  }
}
