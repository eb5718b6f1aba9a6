/** Everything about one update. */
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { parseRange, type SequenceRange } from '../../parcel/sequences.ts';
import type { CurvePoint, FailureGroup, UpdateFacts } from '../facts/update.ts';
import { failedStates, openStates } from '../store/states.ts';
import type { FleetSchema } from '../store/schema.ts';
import { curvePoints } from './curve.ts';
import { findUpdate, wellKnownFirst } from './find-one.ts';
import { readTexts } from './node-line.ts';
import { stateSql } from './node-state.ts';
import { toldSql } from './result-line.ts';
import { shortLogs } from './short-logs.ts';
import { withCounts } from './updates.ts';

type Db = Kysely<FleetSchema>;

const maxGroups = 50;
const namesOfGroup = 5;
const maxShortLogs = 50;

/** @throws FerrymanError `fleet.unknown`, `fleet.ambiguous` */
export async function updateFacts(db: Db, which: string, nowMs: number): Promise<UpdateFacts> {
  const { digest } = await findUpdate(db, which);
  const row = await db
    .selectFrom('updates')
    .selectAll()
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  const [line] = await withCounts(db, [row]);
  if (!line) throw new Error(`no line for ${digest}`);
  const { sequence } = row;
  const [rivals, publications, curve, failures, overdue, logs] = await Promise.all([
    sequence === null ? [] : rivalsOf(db, sequence, digest),
    publicationsOf(db, digest),
    curveOf(db, digest, nowMs),
    failuresOf(db, digest),
    overdueOf(db, digest, nowMs),
    sequence === null ? [] : shortLogs(db, { sequence }, maxShortLogs),
  ]);
  return {
    ...line,
    recipients: readTexts(row.recipients),
    signers: readTexts(row.signers),
    supersedes: readTexts(row.supersedes).flatMap(rangeOf),
    script: row.script,
    rivals,
    publications,
    curve,
    failures,
    overdue,
    shortLogs: logs,
  };
}

function rangeOf(text: string): SequenceRange[] {
  const range = parseRange(text);
  return range ? [range] : [];
}

async function rivalsOf(db: Db, sequence: number, digest: string): Promise<string[]> {
  const rows = await db
    .selectFrom('updates')
    .select('digest')
    .where('sequence', '=', sequence)
    .where('digest', '<>', digest)
    .orderBy(wellKnownFirst)
    .orderBy('digest')
    .limit(20)
    .execute();
  return rows.map((row) => row.digest);
}

async function publicationsOf(db: Db, digest: string): Promise<UpdateFacts['publications']> {
  const rows = await db
    .selectFrom('publications')
    .selectAll()
    .where('digest', '=', digest)
    .orderBy('at')
    .orderBy('road')
    .execute();
  return rows.map(({ road, at, by_whom: byWhom, outcome }) => ({ road, at, byWhom, outcome }));
}

/** What was heard is counted by the minute in the database: an answer to every node at once would be thousands of rows. */
async function curveOf(db: Db, digest: string, nowMs: number): Promise<CurvePoint[]> {
  const minute = sql<number>`heard_at / 60000`;
  const rows = await db
    .selectFrom('results')
    .select((eb) => [
      minute.as('minute'),
      eb.fn.countAll<number>().as('reached'),
      countOf(['succeeded']).as('succeeded'),
      countOf(failedStates).as('failed'),
    ])
    .where('digest', '=', digest)
    .where('state', 'not in', ['unseen', 'carried'])
    .where('heard_at', 'is not', null)
    .groupBy(minute)
    .orderBy(minute)
    .execute();
  return curvePoints(
    rows.map((row) => ({ at: row.minute * 60_000, ...row })),
    nowMs,
  );
}

function countOf(states: readonly string[]): RawBuilder<number> {
  return sql<number>`sum(case when state in (${sql.join(states)}) then 1 else 0 end)`;
}

async function failuresOf(db: Db, digest: string): Promise<FailureGroup[]> {
  const [exit, signalOf, last] = [
    toldSql<number | null>('exit_status', null),
    toldSql<string | null>('signal', null),
    toldSql('last_line', ''),
  ];
  const groups = await db
    .selectFrom('results')
    .select((eb) => [
      'state',
      exit.as('exitStatus'),
      signalOf.as('signalName'),
      last.as('lastLine'),
      eb.fn.countAll<number>().as('nodeCount'),
      eb.fn.min('node').as('least'),
    ])
    .where('digest', '=', digest)
    .where('state', 'in', failedStates)
    .groupBy(['state', exit, signalOf, last])
    .orderBy('nodeCount', 'desc')
    .orderBy('least')
    .limit(maxGroups)
    .execute();
  const failures: FailureGroup[] = [];
  for (const { state, exitStatus, signalName: signal, lastLine, nodeCount } of groups) {
    const of = db
      .selectFrom('results')
      .innerJoin('nodes', 'nodes.guid', 'results.node')
      .select(['nodes.guid', 'nodes.name'])
      .where('digest', '=', digest)
      .where('results.state', '=', state)
      .where(last, '=', lastLine)
      .where(exit, exitStatus === null ? 'is' : '=', exitStatus)
      .where(signalOf, signal === null ? 'is' : '=', signal);
    const nodes = await of.orderBy('nodes.guid').limit(namesOfGroup).execute();
    failures.push({ state, exitStatus, signal, lastLine, nodeCount, nodes });
  }
  return failures;
}

async function overdueOf(db: Db, digest: string, nowMs: number): Promise<number> {
  const { count } = await db
    .selectFrom('results')
    .innerJoin('nodes', 'nodes.guid', 'results.node')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('results.digest', '=', digest)
    .where('results.state', 'in', openStates)
    .where(stateSql(nowMs), 'in', ['late', 'silent'])
    .executeTakeFirstOrThrow();
  return count;
}
