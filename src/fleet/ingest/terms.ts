/**
 * What is known of an update itself: its terms, as the office has signed them and nodes, or `ferryman publish`, tell them. The office's
 * own word counts before that of any node; a whole word before one whose recipients were left out; then that of the lower GUID, so that
 * the order in which archives come makes no difference.
 */
import type { Selectable } from 'kysely';
import type { FleetTransaction } from '../store/open-store.ts';
import type { UpdateTable } from '../store/tables/updates.ts';
import { spreadUpdate } from './addressed.ts';
import { inPortions } from '../store/portions.ts';
import type { CountChanges } from './counts.ts';
import { knowNodes } from './know-nodes.ts';
import type { UpdateTerms } from './ledger-line.ts';

/** Who tells of an update, and when. */
export interface Teller {
  /** `office`, or the GUID of a node. */
  readonly who: string;
  readonly atMs: number;
}

/** Whose word `told_by` names when it is the office's. */
export const theOffice = 'office';

/**
 * Updates that one node alone has told of, and that are entered for every node: with as many made-up ones a node that means harm can make
 * the store no larger.
 */
const maxOnOneWord = 300;
/** And that are kept at all; more than the office will ever sign. What is beyond is as if it had not been told. */
const maxKeptOnOneWord = 2000;

type Known = Selectable<UpdateTable>;

/** Takes the terms of updates in. @returns how many were left out: made up, most likely */
export async function learnUpdates(
  transaction: FleetTransaction,
  updates: readonly UpdateTerms[],
  teller: Teller,
  counts: CountChanges,
): Promise<number> {
  const known = new Map<string, Known>();
  for (const some of inPortions(updates))
    for (const row of await transaction
      .selectFrom('updates')
      .selectAll()
      .where(
        'digest',
        'in',
        some.map(({ digest }) => digest),
      )
      .execute())
      known.set(row.digest, row);
  let room = known.size === updates.length ? 0 : await roomFor(transaction, teller);
  let leftOut = 0;
  for (const terms of updates) {
    const before = known.get(terms.digest);
    if (!before && room-- <= 0) leftOut += 1;
    else await learnOne(transaction, { terms, before, teller }, counts);
  }
  return leftOut;
}

/** How many more updates a node may be the only one to tell of. */
async function roomFor(transaction: FleetTransaction, { who }: Teller): Promise<number> {
  if (who === theOffice) return Infinity;
  const { count } = await transaction
    .selectFrom('updates')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('told_by', '=', who)
    .where('spread', '<>', 2)
    .executeTakeFirstOrThrow();
  return maxKeptOnOneWord - count;
}

interface Learning {
  readonly terms: UpdateTerms;
  readonly before: Known | undefined;
  readonly teller: Teller;
}

async function learnOne(
  transaction: FleetTransaction,
  { terms, before, teller }: Learning,
  counts: CountChanges,
): Promise<void> {
  const isNewWord =
    !before || isBetter(wordOf(terms, teller), wordOf(knownTerms(before), { who: before.told_by }));
  const firstSeenAt = Math.min(before?.first_seen_at ?? teller.atMs, teller.atMs);
  const row = { ...columnsOf(isNewWord ? terms : knownTerms(before)), first_seen_at: firstSeenAt };
  const toldBy = isNewWord ? teller.who : before.told_by;
  if (!before)
    await transaction
      .insertInto('updates')
      .values({ ...row, told_by: toldBy })
      .execute();
  else if (isNewWord || firstSeenAt < before.first_seen_at)
    await transaction
      .updateTable('updates')
      .set({ ...row, told_by: toldBy })
      .where('digest', '=', terms.digest)
      .execute();
  const areNew = isNewWord && before?.recipients !== row.recipients;
  if (areNew) await setRecipients(transaction, terms);
  const spread = await wantedSpread(transaction, { before, toldBy, teller, digest: terms.digest });
  const isKnownEarlier = firstSeenAt < (before?.first_seen_at ?? Infinity);
  if (spread === 0 || (!areNew && !isKnownEarlier && spread === before?.spread)) return;
  await transaction.updateTable('updates').set({ spread }).where('digest', '=', terms.digest).execute();
  if (spread === 2) {
    const { recipients } = isNewWord ? terms : knownTerms(before);
    const guids = recipients.filter((who) => who !== 'all' && !who.includes(':'));
    await knowNodes(transaction, guids, firstSeenAt, counts);
  }
  await spreadUpdate(transaction, terms.digest, counts);
}

interface Word {
  readonly isOffice: boolean;
  readonly completeness: number;
  readonly who: string;
}

function wordOf({ sequence, recipients }: UpdateTerms, { who }: Pick<Teller, 'who'>): Word {
  return {
    isOffice: who === theOffice,
    completeness: (sequence === null ? 0 : 2) + (recipients.length === 0 ? 0 : 1),
    who,
  };
}

function isBetter(one: Word, other: Word): boolean {
  if (one.isOffice !== other.isOffice) return one.isOffice;
  if (one.completeness !== other.completeness) return one.completeness > other.completeness;
  return one.who < other.who;
}

/** 2: the office has told of it, or two nodes have. 1: one node alone has, and of few such. */
async function wantedSpread(
  transaction: FleetTransaction,
  {
    before,
    toldBy,
    teller,
    digest,
  }: { before: Known | undefined; toldBy: string; teller: Teller; digest: string },
): Promise<0 | 1 | 2> {
  if (before?.spread === 2 || toldBy === theOffice) return 2;
  if (await hasAnotherTeller(transaction, digest, teller.who)) return 2;
  if (before?.spread === 1) return 1;
  const row = await transaction
    .selectFrom('updates')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('told_by', '=', teller.who)
    .where('spread', '=', 1)
    .executeTakeFirst();
  return (row?.count ?? 0) < maxOnOneWord ? 1 : 0;
}

async function hasAnotherTeller(
  transaction: FleetTransaction,
  digest: string,
  who: string,
): Promise<boolean> {
  const told = await transaction
    .selectFrom('results')
    .select('node')
    .where('digest', '=', digest)
    .where('state', 'not in', ['unseen', 'carried'])
    .where('node', '!=', who)
    .limit(1)
    .execute();
  if (told.length > 0) return true;
  const held = await transaction
    .selectFrom('holders')
    .select('node')
    .where('digest', '=', digest)
    .where('node', '!=', who)
    .limit(1)
    .execute();
  return held.length > 0;
}

async function setRecipients(
  transaction: FleetTransaction,
  { digest, recipients }: UpdateTerms,
): Promise<void> {
  await transaction.deleteFrom('update_recipients').where('digest', '=', digest).execute();
  for (const some of inPortions(recipients))
    await transaction
      .insertInto('update_recipients')
      .values(some.map((recipient) => ({ digest, recipient })))
      .execute();
}

function columnsOf(terms: UpdateTerms): Pick<Known, keyof UpdateTerms> {
  const { recipients, signers, supersedes, ...rest } = terms;
  return {
    ...rest,
    recipients: JSON.stringify(recipients),
    signers: JSON.stringify(signers),
    supersedes: JSON.stringify(supersedes),
  };
}

function knownTerms(row: Known): UpdateTerms {
  const { digest, sequence, title, created, expires, script } = row;
  return {
    digest,
    sequence,
    title,
    created,
    expires,
    script,
    recipients: listOf(row.recipients),
    signers: listOf(row.signers),
    supersedes: listOf(row.supersedes),
  };
}

function listOf(text: string): string[] {
  return JSON.parse(text) as string[];
}
