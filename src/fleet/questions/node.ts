/** Everything about one node. */
import { sql, type Kysely } from 'kysely';
import type { IncarnationFacts, Meeting, NodeFacts, ResultLine } from '../facts/node.ts';
import { parseRanges } from '../../parcel/sequences.ts';
import type { FleetSchema } from '../store/schema.ts';
import { findNode } from './find-one.ts';
import { namesOf } from './names.ts';
import { absentOf, findGaps } from './gaps.ts';
import { keyFor } from './key-for.ts';
import { archiveSums, nodeColumns, noSums, readNodeLine } from './node-line.ts';
import { stateSql } from './node-state.ts';
import { readResult, resultColumns } from './result-line.ts';
import { roadsPage } from './roads.ts';
import { usbOf, visitLines } from './usb.ts';
import { shortLogs } from './short-logs.ts';

type Db = Kysely<FleetSchema>;

const maxHistory = 500;
const maxMeetings = 500;
const maxContacts = 50;
const maxShortLogs = 50;
const maxIncarnations = 20;
/** Gaps of an incarnation whose age is looked up. */
const maxDated = 200;

/** @throws FerrymanError `fleet.unknown`, `fleet.ambiguous` */
export async function nodeFacts(db: Db, who: string, nowMs: number): Promise<NodeFacts> {
  const { guid } = await findNode(db, who);
  const row = await db
    .selectFrom('nodes')
    .select([...nodeColumns, 'serial', 'note', 'first_known_at', 'heard_times'])
    .select(stateSql(nowMs).as('now_state'))
    .where('guid', '=', guid)
    .executeTakeFirstOrThrow();
  const [sums, history, incarnations, roads, meetings, logs, key, usb] = await Promise.all([
    archiveSums(db, [guid]),
    historyOf(db, guid),
    incarnationsOf(db, guid, nowMs),
    roadsPage(db, { node: guid, sort: 'contacts', page: 1, size: maxContacts }),
    meetingsOf(db, guid),
    shortLogs(db, { node: guid }, maxShortLogs),
    keyFor(db, guid, nowMs),
    usbOf(db, guid),
  ]);
  return {
    ...readNodeLine({ ...row, ...(sums.get(guid) ?? noSums) }),
    serial: row.serial,
    note: row.note,
    firstKnownAt: row.first_known_at,
    heardTimes: (JSON.parse(row.heard_times) as unknown[]).map(Number),
    history,
    incarnations,
    contacts: roads.roads,
    meetings,
    shortLogs: logs,
    key,
    usbKeys: usb?.keys ?? null,
    usbVisits: usb ? visitLines(usb) : null,
  };
}

async function historyOf(db: Db, guid: string): Promise<ResultLine[]> {
  const rows = await db
    .selectFrom('results')
    .innerJoin('updates', 'updates.digest', 'results.digest')
    .select(resultColumns)
    .where('results.node', '=', guid)
    .orderBy((eb) => eb.fn.coalesce('updates.sequence', eb.lit(0)), 'desc')
    .orderBy('updates.digest')
    .limit(maxHistory)
    .execute();
  return rows.map((row) => readResult(row));
}

async function incarnationsOf(db: Db, guid: string, nowMs: number): Promise<IncarnationFacts[]> {
  const rows = await db
    .selectFrom('incarnations')
    .selectAll()
    .where('node', '=', guid)
    .orderBy('last_heard_at', 'desc')
    .orderBy('incarnation')
    .limit(maxIncarnations)
    .execute();
  const facts: IncarnationFacts[] = [];
  for (const { incarnation, highest, last_heard_at: heardAt, ...sets } of rows) {
    const [held, voids] = [parseRanges(sets.held), parseRanges(sets.voids)];
    const behind = absentOf(held, highest)
      .slice(-maxDated)
      .map(({ last }) => last + 1);
    const arrived = await arrivalsOf(db, guid, incarnation, behind);
    const gaps = findGaps({ held, voids, highest }, (sequence) => arrived.get(sequence), nowMs);
    facts.push({ incarnation, held, highest, heardAt, gaps });
  }
  return facts;
}

async function arrivalsOf(
  db: Db,
  node: string,
  incarnation: string,
  sequences: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (sequences.length === 0) return new Map();
  const rows = await db
    .selectFrom('archives')
    .select(['sequence', 'received_at'])
    .where('node', '=', node)
    .where('incarnation', '=', incarnation)
    .where('sequence', 'in', sequences)
    .execute();
  return new Map(rows.map((row) => [row.sequence, row.received_at]));
}

/**
 * By its own word and by that of those it met: a node of which nothing has come yet has been met by others. Others may lie, so that they get
 * no more room than a fifth where it has told of as many itself.
 */
async function meetingsOf(db: Db, guid: string): Promise<Meeting[]> {
  const rows = await Promise.all(
    (['node', 'peer'] as const).map((self) => {
      const other = self === 'node' ? 'peer' : 'node';
      return db
        .selectFrom('contacts')
        .select([`contacts.${other} as other`, 'contacts.at', 'bytes_in', 'bytes_out', 'seconds'])
        .select(sql<number>`${sql.lit(self === 'node' ? 1 : 0)}`.as('own'))
        .where(`contacts.${self}`, '=', guid)
        .orderBy('contacts.at', 'desc')
        .limit(maxMeetings)
        .execute();
    }),
  );
  const [own = [], others = []] = rows;
  const ownShown = own.slice(0, maxMeetings - Math.min(others.length, maxMeetings / 5));
  const newest = [...ownShown, ...others.slice(0, maxMeetings - ownShown.length)].toSorted(
    (a, b) => b.at - a.at,
  );
  const nameOf = await namesOf(
    db,
    newest.map((row) => row.other),
  );
  return newest.map((row) => ({
    nodeAt: row.at,
    peer: nameOf(row.other),
    bytesIn: row.own === 1 ? row.bytes_in : row.bytes_out,
    bytesOut: row.own === 1 ? row.bytes_out : row.bytes_in,
    seconds: row.seconds,
  }));
}
