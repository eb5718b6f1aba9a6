/** Which archives of a node are here, by its incarnations, and what it has told of itself in each. */
import type { Selectable } from 'kysely';
import { maxRanges } from '../../parcel/limits.ts';
import type { NodeFacts } from '../../parcel/node-facts.ts';
import { intersect, one, union } from '../../parcel/sequence-sets.ts';
import { countSequences, formatRanges, parseRanges } from '../../parcel/sequences.ts';
import type { FleetTransaction } from '../store/open-store.ts';
import type { IncarnationTable } from '../store/tables/archives.ts';
import { compareIncarnations, type RankedIncarnation } from './incarnation-rank.ts';
import type { SettledArchive } from './settled-archive.ts';

type Row = Selectable<IncarnationTable>;

export interface NodeIncarnations {
  /** All of the node, by name. */
  readonly ranks: ReadonlyMap<string, RankedIncarnation>;
  /** Which of them is the newer is not as it was. */
  readonly isOrderedAnew: boolean;
  /** What the newest that has told anything of itself has told. */
  readonly facts: NodeFacts | undefined;
}

/** Enters an archive under its incarnation. */
export async function takeIncarnation(
  transaction: FleetTransaction,
  archive: SettledArchive,
  facts: NodeFacts | undefined,
): Promise<NodeIncarnations> {
  const { origin, incarnation } = archive;
  const rows = await transaction.selectFrom('incarnations').selectAll().where('node', '=', origin).execute();
  const before = rows.find((row) => row.incarnation === incarnation);
  const after = taken(before ?? fresh(archive), archive, facts);
  if (before)
    await transaction
      .updateTable('incarnations')
      .set(after)
      .where('node', '=', origin)
      .where('incarnation', '=', incarnation)
      .execute();
  else await transaction.insertInto('incarnations').values(after).execute();
  const all = [...rows.filter((row) => row !== before), after].toSorted((a, b) => compareIncarnations(b, a));
  const telling = all.find(({ facts_sequence }) => facts_sequence !== null);
  return {
    ranks: new Map(all.map((row) => [row.incarnation, row])),
    isOrderedAnew:
      namesOf(all) !== namesOf(rows.toSorted((a, b) => compareIncarnations(b, a))) && rows.length > 0,
    facts: telling && (JSON.parse(telling.facts) as NodeFacts),
  };
}

function namesOf(rows: readonly Row[]): string {
  return rows.map(({ incarnation }) => incarnation).join();
}

function fresh({ origin, incarnation, receivedAtMs }: SettledArchive): Row {
  return {
    node: origin,
    incarnation,
    held: '',
    voids: '',
    highest: 0,
    missing_count: 0,
    void_count: 0,
    closed: 0,
    facts: '{}',
    facts_sequence: null,
    first_heard_at: receivedAtMs,
    last_heard_at: receivedAtMs,
  };
}

function taken(
  row: Row,
  { sequence, receivedAtMs, word }: SettledArchive,
  facts: NodeFacts | undefined,
): Row {
  const held = union(parseRanges(row.held), one(sequence));
  const voids = union(parseRanges(row.voids), word?.manifest.voids ?? []).slice(-maxRanges);
  const highest = Math.max(row.highest, sequence);
  const lost = voids.filter(({ first }) => first <= highest);
  const isNewest = facts !== undefined && sequence > (row.facts_sequence ?? 0);
  return {
    ...row,
    held: formatRanges(held),
    voids: formatRanges(voids),
    highest,
    missing_count: highest - countSequences(union(held, lost)),
    void_count: countSequences(lost) - countSequences(intersect(held, lost)),
    ...(isNewest ? { facts: JSON.stringify(facts), facts_sequence: sequence } : {}),
    first_heard_at: Math.min(row.first_heard_at, receivedAtMs),
    last_heard_at: Math.max(row.last_heard_at, receivedAtMs),
  };
}
