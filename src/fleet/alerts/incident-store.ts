/** Incidents, and what each road has been told of them, in the fleet store. */
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { inPortions } from '../store/portions.ts';
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import type { IncidentChanges } from './decide.ts';
import type { Finding, Incident, IncidentKind } from './incident.ts';
import type { KnownIncident, Telling } from './telling.ts';

/** Incidents that are told at a time. */
const maxKnown = 1000;
/** How long what is over is kept, for the page. */
const keptMs = 400 * 24 * 3600 * 1000;

/** Of one kind and subject, within a day: the next one is told when it has lasted for an hour. */
const maxBeginnings = 3;
const dayMs = 24 * 3600 * 1000;
const lastingMs = 3600 * 1000;

/** How it stands with a road. */
export interface Lane {
  readonly name: string;
  readonly lastToldAt: number | null;
  /** In a row. */
  readonly failures: number;
  readonly problem: string;
  /** It is left alone until then. */
  readonly retryAt: number | null;
}

export class IncidentStore {
  readonly #store: FleetStore;

  constructor(store: FleetStore) {
    this.#store = store;
  }

  /** Incidents that last, the oldest first. */
  open(): Promise<Incident[]> {
    return this.#store.transaction(openIncidents);
  }

  /** Judges what is found against what lasts, and writes what comes of it, in one transaction. */
  update(judge: (open: readonly Incident[]) => IncidentChanges, nowMs: number): Promise<IncidentChanges> {
    return this.#store.transaction(async (transaction) => {
      const changes = judge(await openIncidents(transaction));
      for (const some of inPortions(changes.opened))
        await transaction
          .insertInto('incidents')
          .values(some.map((one) => rowOf(one, nowMs)))
          .execute();
      for (const { incident, finding } of changes.changed)
        await transaction
          .updateTable('incidents')
          .set({ text: finding.text, count: finding.count })
          .where('id', '=', incident.id)
          .execute();
      for (const some of inPortions(changes.closed))
        await transaction
          .updateTable('incidents')
          .set({ closed_at: nowMs })
          .where(
            'id',
            'in',
            some.map(({ id }) => id),
          )
          .execute();
      await forgetOld(transaction, nowMs);
      return changes;
    });
  }

  /** Enters what was told while the store was away, and is over. @param lanes names of the roads that know of its beginning */
  addPassed(
    finding: Finding,
    times: { readonly openedAt: number; readonly closedAt: number },
    lanes: readonly string[],
  ): Promise<void> {
    return this.#store.transaction(async (transaction) => {
      const { openedAt, closedAt } = times;
      const { id } = await transaction
        .insertInto('incidents')
        .values({
          ...rowOf(finding, openedAt),
          closed_at: closedAt,
          told_at: lanes.length === 0 ? null : openedAt,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      for (const lane of lanes)
        await transaction
          .insertInto('incident_tellings')
          .values({ incident: id, lane, opening_told_at: openedAt, closing_told_at: null })
          .execute();
    });
  }

  /** How it stands with a road; one that is new is known from here on. */
  lane(name: string, nowMs: number): Promise<Lane> {
    return this.#store.transaction(async (transaction) => {
      await transaction
        .insertInto('alert_lanes')
        .values({ name, since_at: nowMs, last_told_at: null, retry_at: null })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
      const row = await transaction
        .selectFrom('alert_lanes')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      const { last_told_at: lastToldAt, failures, problem, retry_at: retryAt } = row;
      return { name, lastToldAt, failures, problem, retryAt };
    });
  }

  /**
   * What a road has not been told, the oldest first. What has begun often within a day is restless: people have been told, and are told again
   * only when it lasts.
   */
  untold(lane: string, kinds: readonly IncidentKind[], nowMs: number): Promise<KnownIncident[]> {
    return this.#store.transaction(async (transaction) => {
      const rows = await transaction
        .selectFrom('incidents')
        .innerJoin('alert_lanes', (join) => join.on('alert_lanes.name', '=', lane))
        .leftJoin('incident_tellings as told', (join) =>
          join.onRef('told.incident', '=', 'incidents.id').on('told.lane', '=', lane),
        )
        .selectAll('incidents')
        .select(['told.opening_told_at', 'told.closing_told_at'])
        .where('kind', 'in', kinds.length === 0 ? [''] : kinds)
        .where((eb) =>
          eb.or([eb('closed_at', 'is', null), eb('closed_at', '>=', eb.ref('alert_lanes.since_at'))]),
        )
        .where((eb) =>
          eb.or([
            eb('told.opening_told_at', 'is', null),
            eb.and([eb('closed_at', 'is not', null), eb('told.closing_told_at', 'is', null)]),
          ]),
        )
        .where(isCalm(nowMs))
        .orderBy('incidents.id')
        .limit(maxKnown)
        .execute();
      return rows.map((row) => ({
        incident: incidentOf(row),
        isOpeningTold: row.opening_told_at !== null,
        isClosingTold: row.closing_told_at !== null,
      }));
    });
  }

  /** A road has taken a message; it is in order again. */
  setTold(lane: string, { opened, closed }: Telling, nowMs: number): Promise<void> {
    return this.#store.transaction(async (transaction) => {
      await markTold(transaction, lane, opened, nowMs, 'opening');
      await markTold(transaction, lane, closed, nowMs, 'closing');
      await transaction
        .updateTable('alert_lanes')
        .set({ last_told_at: nowMs, failures: 0, problem: '', retry_at: null })
        .where('name', '=', lane)
        .execute();
    });
  }

  setFailing({ name, failures, problem, retryAt }: Omit<Lane, 'lastToldAt'>): Promise<void> {
    return this.#store.transaction(async (transaction) => {
      await transaction
        .updateTable('alert_lanes')
        .set({ failures, problem, retry_at: retryAt })
        .where('name', '=', name)
        .execute();
    });
  }
}

/** Of a row of `incidents`. */
function isCalm(nowMs: number): RawBuilder<SqlBool> {
  const before = sql`select count(*) from incidents b where b.kind = incidents.kind and b.subject = incidents.subject and b.id < incidents.id and b.opened_at > incidents.opened_at - ${sql.lit(dayMs)}`;
  return sql<SqlBool>`(coalesce(incidents.closed_at, ${sql.lit(Math.floor(nowMs))}) - incidents.opened_at >= ${sql.lit(lastingMs)} or (${before}) < ${sql.lit(maxBeginnings)})`;
}

interface IncidentRow {
  readonly id: number;
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  readonly count: number;
  readonly since_at: number | null;
  readonly opened_at: number;
  readonly closed_at: number | null;
}

async function openIncidents(transaction: FleetTransaction): Promise<Incident[]> {
  const rows = await transaction
    .selectFrom('incidents')
    .selectAll()
    .where('closed_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(incidentOf);
}

/** A kind that a newer version has entered stays as it is, and nobody is told of it: no list of kinds has it. */
function incidentOf({ kind, since_at, opened_at, closed_at, ...row }: IncidentRow): Incident {
  const { id, subject, text, count } = row;
  const times = { sinceAt: since_at, openedAt: opened_at, closedAt: closed_at };
  return { id, kind: kind as IncidentKind, subject, text, count, ...times };
}

function rowOf({ kind, subject, text, count, sinceAt }: Finding, openedAt: number) {
  return {
    kind,
    subject,
    text,
    count,
    since_at: sinceAt,
    opened_at: openedAt,
    closed_at: null,
    told_at: null,
    closed_told_at: null,
  };
}

async function markTold(
  transaction: FleetTransaction,
  lane: string,
  incidents: readonly Incident[],
  at: number,
  what: 'opening' | 'closing',
): Promise<void> {
  for (const some of inPortions(incidents)) {
    const ids = some.map(({ id }) => id);
    const told = what === 'opening' ? { opening_told_at: at } : { closing_told_at: at };
    await transaction
      .insertInto('incident_tellings')
      .values(
        ids.map((incident) => ({ incident, lane, opening_told_at: null, closing_told_at: null, ...told })),
      )
      .onConflict((conflict) => conflict.columns(['incident', 'lane']).doUpdateSet(told))
      .execute();
    const column = what === 'opening' ? 'told_at' : 'closed_told_at';
    await transaction
      .updateTable('incidents')
      .set({ [column]: at })
      .where('id', 'in', ids)
      .where(column, 'is', null)
      .execute();
  }
}

async function forgetOld(transaction: FleetTransaction, nowMs: number): Promise<void> {
  const old = transaction
    .selectFrom('incidents')
    .select('id')
    .where('closed_at', '<', nowMs - keptMs);
  await transaction.deleteFrom('incident_tellings').where('incident', 'in', old).execute();
  await transaction
    .deleteFrom('incidents')
    .where('closed_at', '<', nowMs - keptMs)
    .execute();
}
