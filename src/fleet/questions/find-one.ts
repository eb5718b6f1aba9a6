/** The one node, or the one update, that somebody means by a name, a sequence or a beginning. */
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import type { NodeName } from '../facts/node.ts';
import type { FleetSchema } from '../store/schema.ts';

type Db = Kysely<FleetSchema>;

/** @param who GUID, a beginning of it of 4 digits or more, or a name, whatever its case. @throws FerrymanError `fleet.unknown`, `fleet.ambiguous` */
export async function findNode(db: Db, who: string): Promise<NodeName> {
  if (who.includes('\0')) return theOne([], 'a node', who, () => ''); // PostgreSQL fails at it
  const named = await db
    .selectFrom('nodes')
    .select(['guid', 'name'])
    .where(isCalled(who))
    .orderBy((eb) => eb.case().when('name', '=', who).then(0).else(1).end())
    .limit(2)
    .execute();
  const exact = named.filter(({ name }) => name === who);
  const called = exact.length > 0 ? exact : named;
  const found = who !== '' && called.length > 0 ? called : await nodesBeginning(db, who);
  return theOne(found, 'a node', who, ({ guid }) => guid);
}

/** Whatever the case of its letters; SQLite knows that of A to Z. */
export function isCalled(name: string): RawBuilder<boolean> {
  return sql<boolean>`(nodes.name = ${name} or lower(nodes.name) = lower(${name}))`;
}

async function nodesBeginning(db: Db, who: string): Promise<NodeName[]> {
  const start = who.toLowerCase();
  if (!/^[0-9a-f][0-9a-f-]{3,35}$/.test(start)) return [];
  const nodes = db.selectFrom('nodes').select(['guid', 'name']);
  return nodes.where('guid', '>=', start).where('guid', '<', `${start}g`).orderBy('guid').limit(2).execute();
}

export interface UpdateName {
  readonly digest: string;
  readonly sequence: number | null;
}

/** The office has told of it, or two nodes have: what one node alone tells may be made up. Of a row of `updates`. */
export const wellKnownFirst = sql<number>`case when updates.spread = 2 then 0 else 1 end`;

/**
 * Of two contents under one sequence, the one that the office itself has told of, then one of which two nodes have, then the one known first.
 * A beginning that one node alone has made ambiguous still means the other: a node can make up any digest.
 *
 * @param which sequence, or a beginning of the digest of 8 digits or more; figures alone are a sequence if there is one of that number
 * @throws FerrymanError `fleet.unknown`, `fleet.ambiguous`
 */
export async function findUpdate(db: Db, which: string): Promise<UpdateName> {
  const updates = db.selectFrom('updates').select(['digest', 'sequence']);
  if (/^[1-9]\d{0,15}$/.test(which) && Number.isSafeInteger(Number(which))) {
    const of = updates.where('sequence', '=', Number(which));
    const found = await of
      .orderBy((eb) => eb.case().when('told_by', '=', 'office').then(0).else(1).end())
      .orderBy(wellKnownFirst)
      .orderBy('first_seen_at')
      .orderBy('digest')
      .limit(1)
      .execute();
    if (found[0]) return found[0];
  }
  const isDigest = /^[0-9a-f]{8,128}$/.test(which);
  const range = updates.where('digest', '>=', which).where('digest', '<', `${which}g`);
  const found = isDigest ? await range.select('spread').orderBy(wellKnownFirst).limit(2).execute() : [];
  const known = found.filter(({ spread }) => spread === 2);
  return theOne(known.length === 1 ? known : found, 'an update', which, ({ digest }) => digest);
}

function theOne<T>(found: readonly T[], what: string, typed: string, name: (one: T) => string): T {
  const [first, second] = found;
  const shown = printable(typed.slice(0, 140));
  if (first === undefined)
    throw new FerrymanError(
      'fleet.unknown',
      `"${shown}": expected ${what} that the office knows, found none`,
    );
  if (second !== undefined)
    throw new FerrymanError(
      'fleet.ambiguous',
      `"${shown}": expected one, found ${name(first)} and ${name(second)}`,
    );
  return first;
}
