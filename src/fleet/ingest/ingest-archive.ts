/**
 * Archives of nodes into the fleet store, each whole or not at all. The same archive again changes nothing; archives may come in any order.
 *
 * A proxy has proven that the archive is of its origin and not what it says: a line that is not as it must be is counted, and the rest
 * goes in.
 */
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import { spreadToNode } from './addressed.ts';
import { takeContacts } from './contacts.ts';
import { CountChanges } from './counts.ts';
import { takeIncarnation, type NodeIncarnations } from './incarnations.ts';
import { knowNodes } from './know-nodes.ts';
import type { UpdateTerms } from './ledger-line.ts';
import { compareTold, type ToldByArchive } from './newest-word.ts';
import { noteHeard } from './node-row.ts';
import { unmark } from './not-entered.ts';
import { readArchive, type ReadArchive } from './read-archive.ts';
import { digestsOfSeveral, settleResults } from './results.ts';
import type { SettledArchive } from './settled-archive.ts';
import { learnUpdates } from './terms.ts';

/** `fork`: another content under a name that is taken; nothing of it but that. */
export interface Ingested {
  readonly outcome: 'ingested' | 'known' | 'fork';
  readonly badLines: number;
  readonly problem: string;
}

const nothing: ReadArchive = { updates: [], contacts: [], facts: undefined, badLines: 0, problem: '' };

export interface UnpackedArchive {
  readonly archive: SettledArchive;
  /** Nothing is read where it does not unpack. */
  readonly folder: string | undefined;
}

/** After this no further archive is begun in a transaction: others who write wait for it, and a page of the office with them. */
const transactionMs = 40;

/**
 * The first of some archives, as many as a short transaction takes, one at least: to wait for the disk is most of the work of a small one.
 *
 * @param archives one or more
 * @returns of those that were taken, in their order
 * @throws FerrymanError `fleet.*`, and what a database refuses: nothing of any is in the store
 */
export function ingestArchives(
  store: FleetStore,
  archives: readonly UnpackedArchive[],
): Promise<readonly Ingested[]> {
  return store.alone(async (transaction) => {
    const ingested: Ingested[] = [];
    const begin = performance.now();
    for (const { archive, folder } of archives) {
      // One at a time in memory: a node may send lines to the limit.
      const read = folder === undefined ? nothing : await readArchive(folder);
      ingested.push(await ingestOne(transaction, archive, read));
      if (performance.now() - begin > transactionMs) break;
    }
    return ingested;
  });
}

async function ingestOne(
  transaction: FleetTransaction,
  archive: SettledArchive,
  read: ReadArchive,
): Promise<Ingested> {
  const known = await transaction
    .selectFrom('archives')
    .select(['digest', 'state'])
    .where('node', '=', archive.origin)
    .where('incarnation', '=', archive.incarnation)
    .where('sequence', '=', archive.sequence)
    .executeTakeFirst();
  if (known && known.digest !== archive.digest) {
    await noteFork(transaction, archive);
    return { outcome: 'fork', badLines: 0, problem: '' };
  }
  // One that did not unpack where it was handed in first has told nothing yet.
  const isReadableAnew = known?.state === 'unreadable' && archive.word !== undefined;
  await unmark(transaction, archive);
  if (known && !isReadableAnew) return { outcome: 'known', badLines: 0, problem: '' };
  if (known) await forgetUnreadable(transaction, archive);
  const leftOut = await enter(transaction, archive, read);
  if (leftOut === 0) return { outcome: 'ingested', badLines: read.badLines, problem: read.problem };
  const problem =
    read.problem === ''
      ? `ledger.jsonl: ${leftOut} updates that no other node knows, and too many of them`
      : read.problem;
  const badLines = read.badLines + leftOut;
  await noteBadLines(transaction, archive, { badLines, problem });
  return { outcome: 'ingested', badLines, problem };
}

async function noteBadLines(
  transaction: FleetTransaction,
  { origin, incarnation, sequence }: SettledArchive,
  { badLines, problem }: Pick<Ingested, 'badLines' | 'problem'>,
): Promise<void> {
  await transaction
    .updateTable('archives')
    .set({ bad_lines: badLines, problem })
    .where('node', '=', origin)
    .where('incarnation', '=', incarnation)
    .where('sequence', '=', sequence)
    .execute();
}

async function forgetUnreadable(
  transaction: FleetTransaction,
  { origin, incarnation, sequence }: SettledArchive,
): Promise<void> {
  await transaction
    .deleteFrom('archives')
    .where('node', '=', origin)
    .where('incarnation', '=', incarnation)
    .where('sequence', '=', sequence)
    .execute();
}

/** Another content under a name that the store has, which stays. */
export async function noteFork(
  transaction: FleetTransaction,
  { origin, incarnation, sequence, digest, receivedAtMs, proxy }: ForkedArchive,
): Promise<void> {
  await transaction
    .insertInto('forks')
    .values({ node: origin, incarnation, sequence, digest, seen_at: receivedAtMs, proxy })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export type ForkedArchive = Pick<
  SettledArchive,
  'origin' | 'incarnation' | 'sequence' | 'digest' | 'receivedAtMs' | 'proxy'
>;

/** @returns updates that were left out */
async function enter(
  transaction: FleetTransaction,
  archive: SettledArchive,
  read: ReadArchive,
): Promise<number> {
  const counts = new CountChanges();
  const { origin, receivedAtMs } = archive;
  await addArchive(transaction, archive, read);
  await knowNodes(transaction, [origin], receivedAtMs, counts);
  const incarnations = await takeIncarnation(transaction, archive, read.facts);
  const { isAddressedAnew } = await noteHeard(transaction, origin, {
    enrolment: archive.word?.enrolment,
    facts: incarnations.facts,
    sequences: read.updates.flatMap(({ terms }) => terms.sequence ?? []),
  });
  if (isAddressedAnew) await spreadToNode(transaction, origin, counts);
  const teller = { who: origin, atMs: receivedAtMs, holds: true };
  const leftOut = await learnUpdates(transaction, termsOf(read), teller, counts);
  const news = await newsOf(transaction, archive, read, incarnations);
  await settleResults(transaction, { node: origin, ranks: incarnations.ranks }, news, counts);
  await takeContacts(transaction, archive, read.contacts, counts);
  await counts.write(transaction, [origin]);
  return leftOut;
}

/** The better word of each update, where an archive has two. */
function termsOf({ updates }: ReadArchive): UpdateTerms[] {
  const best = new Map<string, UpdateTerms>();
  for (const { terms } of updates) {
    const before = best.get(terms.digest);
    if (!before || spelled(terms) > spelled(before)) best.set(terms.digest, terms);
  }
  return [...best.values()].toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}

function spelled(terms: UpdateTerms): string {
  return `${terms.sequence === null ? 0 : 1}${terms.recipients.length === 0 ? 0 : 1}${JSON.stringify(terms)}`;
}

async function newsOf(
  transaction: FleetTransaction,
  { origin, incarnation, sequence, receivedAtMs, road }: SettledArchive,
  { updates }: ReadArchive,
  { ranks, isOrderedAnew }: NodeIncarnations,
): Promise<Map<string, ToldByArchive | undefined>> {
  const news = new Map<string, ToldByArchive | undefined>();
  if (isOrderedAnew)
    for (const digest of await digestsOfSeveral(transaction, origin)) news.set(digest, undefined);
  const which = { incarnation, archive_sequence: sequence, told_at: receivedAtMs, told_road: road };
  for (const { terms, told } of updates) {
    const one = { ...told, ...which } as ToldByArchive;
    const before = news.get(terms.digest);
    if (!before || compareTold(one, before, ranks) > 0) news.set(terms.digest, one);
  }
  return news;
}

async function addArchive(
  transaction: FleetTransaction,
  archive: SettledArchive,
  { badLines, problem }: ReadArchive,
): Promise<void> {
  const { origin, incarnation, sequence, digest, bytes, receivedAtMs, proxy, road, word } = archive;
  await transaction
    .insertInto('archives')
    .values({
      node: origin,
      incarnation,
      sequence,
      class: archive.class,
      digest,
      bytes,
      received_at: receivedAtMs,
      proxy,
      road,
      node_created_at: word ? Date.parse(word.manifest.created) : null,
      state: word ? 'readable' : 'unreadable',
      bad_lines: badLines,
      problem: word ? problem : archive.problem,
    })
    .execute();
}
