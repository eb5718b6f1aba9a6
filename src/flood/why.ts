/** Why an archive, an update or an acknowledgement is here, or is not: what `ferryman why` tells. Reads the ledger and looks at files. */
import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../ledger/ledger.ts';
import type { LogArchiveRow } from '../ledger/log-archives.ts';
import type { PoolNoteRow } from '../ledger/rows.ts';
import type { Config } from '../node/config/read-config.ts';
import { updateFile, type Layout } from '../node/layout.ts';
import { isIncarnation } from '../parcel/log-file-name.ts';
import { isGuid } from '../parcel/recipients.ts';
import { proxyPlaces } from '../proxy/places.ts';
import { contains } from '../parcel/sequence-sets.ts';
import { archivePath, type NamedArchive } from './pool/archive-name.ts';
import { ackFileName } from './pool/ack-shelf.ts';

export interface Why {
  /** As it is called from here on. */
  readonly parcel: string;
  /** Its file; `null`: it is not here. */
  readonly path: string | null;
  readonly bytes: number | null;
  /** In words, the most telling first. */
  readonly reasons: readonly string[];
  /** What was noted of it, the newest first. */
  readonly notes: readonly PoolNoteRow[];
}

export interface WhyFacts {
  readonly layout: Layout;
  readonly node: Config['node'];
  readonly ledger: Ledger;
}

/** Reads `<origin>/<incarnation>/<sequence>`. */
export function parseArchiveLabel(text: string): Omit<NamedArchive, 'class'> | undefined {
  const [origin = '', incarnation = '', number = '', ...more] = text.split('/');
  const sequence = /^[1-9]\d*$/.test(number) ? Number(number) : Number.NaN;
  if (more.length > 0 || !isGuid(origin) || !isIncarnation(incarnation)) return undefined;
  return Number.isSafeInteger(sequence) ? { origin, incarnation, sequence } : undefined;
}

/** @param parcel an archive as {@link parseArchiveLabel} reads it, the first 8 or more digits of a digest, or a name that `ferryman neighbours` tells. @returns `undefined`: nothing is known of it */
export function why(parcel: string, facts: WhyFacts): Why | undefined {
  const archive = parseArchiveLabel(parcel);
  if (archive) return whyArchive(archive, parcel, facts);
  // Whatever else a neighbour has brought is noted by its name in the offer.
  return /^[0-9a-f]{8,128}$/.test(parcel) ? whyDigest(parcel, facts) : whyNoted(parcel, facts.ledger);
}

function whyArchive(archive: Omit<NamedArchive, 'class'>, label: string, facts: WhyFacts): Why | undefined {
  const { ledger, layout, node } = facts;
  const notes = ledger.poolNotes.of(label);
  const isOwn = archive.origin === node.guid && archive.incarnation === ledger.fact('log-incarnation');
  const row = isOwn ? ledger.logArchives.find(archive.sequence) : undefined;
  const isCovered = contains(ledger.cover.of(archive.origin, archive.incarnation), archive.sequence);
  const path = findArchive(layout, archive);
  if (path === undefined && !row && !isCovered && notes.length === 0) return undefined;
  const reasons =
    path === undefined
      ? whyGone(row, isCovered, notes)
      : [isInStore(layout, path) ? whyStored(row, isCovered) : whyHere(row, isCovered, ledger)];
  return { parcel: label, path: path ?? null, bytes: sizeOf(path), reasons, notes };
}

function findArchive(layout: Layout, archive: Omit<NamedArchive, 'class'>): string | undefined {
  return [layout.relayLogs, layout.homewardLogs, proxyPlaces(layout).store]
    .flatMap((folder) =>
      (['short', 'long'] as const).map((kind) => join(folder, archivePath({ ...archive, class: kind }))),
    )
    .find((path) => existsSync(path));
}

function isInStore(layout: Layout, path: string): boolean {
  return path.startsWith(`${proxyPlaces(layout).store}/`);
}

function whyStored(row: LogArchiveRow | undefined, isCovered: boolean): string {
  const origin = row ? 'made here, and ' : '';
  return isCovered
    ? `${origin}in the store of this proxy, for good: it is acknowledged`
    : `${origin}in the store of this proxy; it is not acknowledged yet`;
}

function whyHere(row: LogArchiveRow | undefined, isCovered: boolean, { cover }: Ledger): string {
  if (isCovered && !row) return 'a proxy holds it: it goes at the next look';
  const acks = cover.acks();
  const newest = acks.map(({ proxy, shard, number }) => `number ${number} of proxy ${proxy}, shard ${shard}`);
  const waiting =
    acks.length === 0
      ? 'no acknowledgement has arrived yet'
      : `no acknowledgement newer than ${newest.slice(0, 3).join('; ')} has arrived`;
  if (!row) return `still here because ${waiting}`;
  return isCovered
    ? 'made here; an acknowledgement names it, but not with the digests of this node: it stays, and a person is needed'
    : `made here, and still here because ${waiting}`;
}

function whyGone(
  row: LogArchiveRow | undefined,
  isCovered: boolean,
  [note]: readonly PoolNoteRow[],
): string[] {
  const reasons = [];
  if (row?.state === 'delivered') reasons.push('made here, delivered: a proxy holds it');
  else if (row?.state === 'void') reasons.push(`made here, declared lost: ${row.reason}`);
  else if (row) reasons.push(`made here: it is ${row.state}, and its file is not in the pool`);
  else if (isCovered) reasons.push('not here: a proxy holds it, or its origin has declared it lost');
  if (note && !row) reasons.push(noteInWords(note));
  return reasons;
}

export function noteInWords({ what, reason, peer, at }: PoolNoteRow): string {
  const from = peer === '' ? '' : ` from neighbour ${peer}`;
  return `${what}${from} at ${at}: ${reason}`;
}

function whyDigest(prefix: string, facts: WhyFacts): Why | undefined {
  const { ledger, layout, node } = facts;
  const own = ledger.logArchives.byDigest(prefix);
  if (own) {
    const incarnation = ledger.fact('log-incarnation') ?? '';
    const archive = { origin: node.guid, incarnation, sequence: own.sequence };
    return whyArchive(archive, `${node.guid}/${incarnation}/${own.sequence}`, facts);
  }
  const ack = ledger.cover.acks().find(({ digest }) => digest.startsWith(prefix));
  if (ack) {
    const path = join(layout.relayAcks, ackFileName(ack));
    const reasons = [
      `the newest acknowledgement of proxy ${ack.proxy}, shard ${ack.shard}: number ${ack.number}`,
    ];
    return { parcel: ack.digest, path, bytes: sizeOf(path), reasons, notes: [] };
  }
  return whyUpdate(prefix, layout, ledger) ?? whyNoted(prefix, ledger);
}

function whyUpdate(prefix: string, layout: Layout, ledger: Ledger): Why | undefined {
  const digest = ledger.updates.digestsBeginning(prefix)[0];
  const row = digest === undefined ? undefined : ledger.updates.find(digest);
  if (!row) return undefined;
  const file = updateFile(layout, row.digest);
  const path = existsSync(file) ? file : null;
  const reasons = [
    `update ${row.sequence ?? '?'} "${row.title}", by ${row.channel}: ${row.state}${row.reason === '' ? '' : ` (${row.reason})`}`,
    path === null ? 'it is not kept any more, and is not fetched again' : 'kept to run, and for neighbours',
  ];
  return { parcel: row.digest, path, bytes: sizeOf(path), reasons, notes: [] };
}

function whyNoted(prefix: string, ledger: Ledger): Why | undefined {
  const notes = ledger.poolNotes.of(prefix);
  const [note] = notes;
  if (!note) return undefined;
  return { parcel: note.digest ?? prefix, path: null, bytes: null, reasons: [noteInWords(note)], notes };
}

function sizeOf(path: string | undefined | null): number | null {
  return (path && lstatSync(path, { throwIfNoEntry: false })?.size) || null;
}
