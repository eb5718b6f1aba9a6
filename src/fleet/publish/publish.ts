/**
 * Publishing in the office: a verified update goes to the roads, and into the fleet store, from which the page shows its progress. Holds no
 * signing key. Order: look at everything that could refuse it; write down that it is meant to go; hand it to each road; write down what became
 * of that. Cut anywhere, the same command again completes it.
 */
import { FerrymanError } from '../../errors.ts';
import type { UpdateManifest } from '../../parcel/manifest.ts';
import { formatRange } from '../../parcel/sequences.ts';
import type { UpdateTerms } from '../ingest/ledger-line.ts';
import { recordPublication } from '../ingest/record-publication.ts';
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import type { Handed, Parcel, Road } from './hand-out.ts';

export interface Publishing {
  readonly parcel: Parcel;
  readonly manifest: Omit<UpdateManifest, 'files'>;
  /** Key ids of trusted signatures. */
  readonly signers: readonly string[];
  readonly bytes: number;
  readonly roads: readonly Road[];
  readonly byWhom: string;
  /** The office's clock. */
  nowMs(): number;
}

export interface Published {
  readonly roads: readonly (Handed & { readonly road: string; readonly failed: boolean })[];
  /** Nodes that it is for, as far as they are known. */
  readonly nodes: number;
  /** Nodes alone tell of other contents under the number: one of them may lie, or somebody else signs. */
  readonly rivalsByNodes: readonly string[];
}

/**
 * One road that fails keeps the others from nothing.
 *
 * @throws FerrymanError `publish.other-contents`, `fleet.*`: nothing was handed out
 */
export async function publish(store: FleetStore, publishing: Publishing): Promise<Published> {
  const { parcel, roads } = publishing;
  for (const road of roads) await road.look(parcel);
  const settled = await settledRoads(store, parcel.digest);
  const meant = roads
    .filter(({ name }) => !settled.has(name))
    .map(({ name }) => ({ road: name, outcome: wish }));
  let rivalsByNodes: readonly string[] = [];
  const check = async (transaction: FleetTransaction): Promise<void> => {
    rivalsByNodes = await checkRivals(transaction, parcel);
  };
  await record(store, publishing, { roads: meant, check });
  const outcomes: Outcome[] = [];
  for (const road of roads) outcomes.push(await hand(road, parcel));
  // that it was there before is no news: the page goes on telling when it went
  await record(store, publishing, {
    roads: outcomes.filter(({ road, isNew }) => isNew || !settled.has(road)),
  });
  const { nodes } = await store.db
    .selectFrom('update_counts')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('count'), eb.lit(0)).as('nodes'))
    .where('digest', '=', parcel.digest)
    .executeTakeFirstOrThrow();
  return { roads: outcomes, nodes, rivalsByNodes };
}

type Outcome = Published['roads'][number];

async function hand(road: Road, parcel: Parcel): Promise<Outcome> {
  try {
    return { road: road.name, ...(await road.hand(parcel)), failed: false };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { road: road.name, outcome: `${failure}${error.message}`, isNew: true, failed: true };
  }
}

const wish = 'meant to go';
const failure = 'failed: ';

/** Roads that have taken it before. */
async function settledRoads({ db }: FleetStore, digest: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('publications')
    .select(['road', 'outcome'])
    .where('digest', '=', digest)
    .execute();
  const taken = rows.filter(({ outcome }) => outcome !== wish && !outcome.startsWith(failure));
  return new Set(taken.map(({ road }) => road));
}

interface Recorded {
  readonly roads: readonly { readonly road: string; readonly outcome: string }[];
  readonly check?: (transaction: FleetTransaction) => Promise<void>;
}

function record(store: FleetStore, publishing: Publishing, recorded: Recorded): Promise<void> {
  const { parcel, manifest, signers, bytes, byWhom } = publishing;
  const terms: UpdateTerms = {
    digest: parcel.digest,
    sequence: parcel.sequence,
    title: manifest.title,
    recipients: manifest.recipients,
    signers,
    created: manifest.created,
    expires: manifest.expires ?? null,
    script: manifest.script.path,
    supersedes: manifest.supersedes.map(formatRange),
  };
  return recordPublication(store, { terms, bytes, atMs: publishing.nowMs(), byWhom, ...recorded });
}

/**
 * What the office or two nodes know under another digest is known. One node alone may say what it likes: it must not be able to keep the office
 * from publishing.
 */
async function checkRivals(
  transaction: FleetTransaction,
  { digest, sequence }: Parcel,
): Promise<readonly string[]> {
  const rows = await transaction
    .selectFrom('updates')
    .select(['digest', 'told_by', 'spread', 'published_at'])
    .where('sequence', '=', sequence)
    .where('digest', '<>', digest)
    .execute();
  const known = rows.find((row) => row.told_by === 'office' || row.published_at !== null || row.spread === 2);
  if (known)
    throw new FerrymanError(
      'publish.other-contents',
      `expected digest ${digest.slice(0, 16)} under sequence ${sequence}, found ${known.digest.slice(0, 16)} known under it`,
    );
  return rows.map((row) => row.digest);
}
