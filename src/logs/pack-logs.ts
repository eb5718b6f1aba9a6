/**
 * Packs what is new into archives: the story of `ferryman logs pack`. A long archive holds what the log files, the journal and the ledger have
 * gained; a short one what the ledger has gained, and contacts. One process at a time, in its own lock.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FerrymanError, isSystemError } from '../errors.ts';
import { takeLock, type Lock } from '../host/lock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { packedFile, type NodeSigner, type PackedFile } from '../parcel/pack.ts';
import { firstRatio, nextRatio, shareOf, type Share } from './budget.ts';
import { chooseCompression, tarNames } from './compressor.ts';
import { findChanges, type Changes } from './find-changes.ts';
import { exportJournal, journalFolder, type JournalShare } from './journal.ts';
import { contactLines, ledgerLines, type ContactSource, type Lines } from './lines.ts';
import { listFiles, type Skips } from './list-files.ts';
import { nodeLine } from './node-line.ts';
import type { OwnPlace } from './own-archives.ts';
import { movePool } from './pool-of-role.ts';
import { readPosition } from './position.ts';
import { isBeginning, publish, settle, type Publication, type Published } from './publish.ts';
import { signAnew } from './sign-anew.ts';
import { BuildAgain, writeTar, type WrittenTar } from './write-tar.ts';

export interface Packing {
  readonly layout: Layout;
  readonly config: Config;
  readonly ledger: Ledger;
  readonly signer: NodeSigner;
  readonly contacts: ContactSource;
  readonly now: () => string;
  readonly randomHex: (bytes: number) => string;
  readonly signal: AbortSignal;
  /** The PATH on which journalctl is looked for; only a test has another one. */
  readonly path?: string;
}

export interface PackedArchive extends Published {
  readonly class: 'short' | 'long';
  /** Uncompressed bytes of log files and journal. */
  readonly rawBytes: number;
  /** Log files of which something is in it. */
  readonly logFiles: number;
  /** What was passed over. */
  readonly skipped: Skips;
  readonly journalProblem: string | undefined;
}

const mib = 1024 * 1024;
/** In a short archive, before they are compressed: they always become smaller. */
const shortLinesBytes = 200 * 1024;
const longLinesBytes = 8 * mib;
const maxTries = 8;

export function incarnationOf(ledger: Ledger): string | undefined {
  return ledger.fact('log-incarnation');
}

/** Takes the lock of packing for `use`. @throws FerrymanError `logs.busy`, `logs.disk-full` */
export async function withPackingLock<Result>(layout: Layout, use: () => Promise<Result>): Promise<Result> {
  const scratch = scratchFolder(layout);
  let lock: Lock | undefined;
  try {
    mkdirSync(dirname(scratch), { recursive: true, mode: 0o700 });
    lock = takeLock(join(dirname(scratch), 'lock.sqlite'), 1000);
    if (!lock)
      throw new FerrymanError(
        'logs.busy',
        `${dirname(scratch)}: expected to pack alone, found another at it`,
      );
    rmSync(scratch, { recursive: true, force: true }); // what a packer has left that was killed
    mkdirSync(scratch, { mode: 0o700 });
    return await use();
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError('logs.disk-full', `expected room to pack logs: ${error.message}`, {
      cause: error,
    });
  } finally {
    if (lock) rmSync(scratch, { recursive: true, force: true });
    lock?.release();
  }
}

function scratchFolder({ state }: Layout): string {
  return join(state, 'logs/building');
}

/** Call it within {@link withPackingLock}. @returns one archive, or none: nothing is new */
export function packShort(packing: Packing): PackedArchive | undefined {
  const place = begin(packing);
  const lines = readLines(packing, shortLinesBytes);
  const files = filesOf(lines);
  if (files.length === 0) return undefined;
  const position = { ...readPosition(packing.ledger), ...positionAfter(lines) };
  const published = publish(publisherOf(packing, place), {
    class: 'short',
    full: isBeginning(packing.ledger),
    files: [...files, nodeFile(packing)],
    progress: { position, streams: [], seen: [] },
  });
  return { ...published, class: 'short', ...nothingLong };
}

const nothingLong = { rawBytes: 0, logFiles: 0, skipped: {}, journalProblem: undefined };

/** Call it within {@link withPackingLock}. Yields archive after archive until nothing is left. */
export async function* packLong(packing: Packing): AsyncGenerator<PackedArchive> {
  const place = begin(packing);
  for (;;) {
    const built = await build(packing);
    if (!built) return;
    const { publication, isCut, ...told } = built;
    yield { ...publish(publisherOf(packing, place), publication), class: publication.class, ...told };
    if (!isCut) return;
  }
}

function begin({ layout, config, ledger, signer, randomHex }: Packing): OwnPlace {
  const incarnation = incarnationOf(ledger) ?? randomHex(8);
  if (incarnationOf(ledger) === undefined) ledger.setFact('log-incarnation', incarnation);
  const place = { layout, node: config.node, incarnation };
  movePool(layout, config.node.role);
  settle({ place, ledger });
  signAnew({ place, ledger, signer });
  return place;
}

function publisherOf(
  { ledger, signer, now, config }: Packing,
  place: OwnPlace,
): Parameters<typeof publish>[0] {
  return { place, ledger, signer, now, capacityBytes: config.logs.poolMegabytes * mib };
}

interface AllLines {
  readonly updates: Lines;
  readonly contacts: Lines;
}

function readLines({ ledger, layout, contacts, now }: Packing, maxBytes: number): AllLines {
  const { transition, contact } = readPosition(ledger);
  const clockMs = Date.parse(now());
  const updates = ledgerLines({ ledger, layout, clockMs }, transition, maxBytes);
  return {
    updates,
    contacts: contactLines(contacts, contact, maxBytes - Buffer.byteLength(updates.text)),
  };
}

function filesOf({ updates, contacts }: AllLines): PackedFile[] {
  const files = [
    ['contacts.jsonl', contacts.text],
    ['ledger.jsonl', updates.text],
  ] as const;
  return files.flatMap(([name, text]) => (text === '' ? [] : [packedFile(name, Buffer.from(text))]));
}

function nodeFile(packing: Packing): PackedFile {
  return packedFile('node.jsonl', Buffer.from(nodeLine(packing)));
}

function positionAfter({ updates, contacts }: AllLines): { transition: number; contact: number } {
  return { transition: updates.upTo, contact: contacts.upTo };
}

type Built = Omit<PackedArchive, keyof Published | 'class'> & {
  readonly publication: Publication;
  readonly isCut: boolean;
};

/** `undefined`: nothing is new. */
async function build(packing: Packing): Promise<Built | undefined> {
  const { ledger } = packing;
  const position = readPosition(ledger);
  const logs = await buildTar(packing, position.ratio);
  const { changes, share, journal, tar } = logs;
  const lines = readLines(packing, tar ? longLinesBytes : shortLinesBytes);
  const files = [...filesOf(lines), ...tarFiles(packing, tar)];
  if (files.length === 0) {
    // Nothing travels, but what was seen counts: a line that is still torn the next time is nobody's any more.
    noteMoved(ledger, changes);
    return undefined;
  }
  const rawBytes = tar?.rawBytes ?? 0;
  const publication: Publication = {
    class: tar ? 'long' : 'short',
    full: isBeginning(ledger),
    files: [...files, nodeFile(packing)],
    progress: {
      position: {
        ...position,
        ...positionAfter(lines),
        cursor: journal?.cursor ?? position.cursor,
        ratio: nextRatio(logs.ratio, rawBytes, tar?.bytes ?? 0),
      },
      streams: [...(tar?.streams ?? []), ...changes.moved],
      seen: changes.unchanged,
    },
  };
  return {
    publication,
    rawBytes,
    logFiles: tar?.streams.length ?? 0,
    skipped: changes.skipped,
    journalProblem: journal?.problem,
    isCut: share.isCut || journal?.isCut === true || lines.updates.isCut || lines.contacts.isCut,
  };
}

function noteMoved(ledger: Ledger, { moved }: Changes): void {
  if (moved.length === 0) return;
  ledger.transaction(() => {
    for (const stream of moved) ledger.logStreams.set(stream, ledger.logArchives.lastSequence());
  });
}

interface BuiltTar {
  readonly changes: Changes;
  readonly share: Share;
  readonly journal: JournalShare | undefined;
  /** `undefined`: no log has gained anything. */
  readonly tar: WrittenTar | undefined;
  readonly ratio: number;
}

/** Builds until it fits: what is in it compresses less well than was reckoned, or a file is truncated while it is read. */
async function buildTar(packing: Packing, firstGuess: number): Promise<BuiltTar> {
  let ratio = firstGuess;
  for (let tries = 1; ; tries++) {
    packing.signal.throwIfAborted();
    try {
      return { ...(await tryTar(packing, ratio)), ratio };
    } catch (error) {
      if (!(error instanceof BuildAgain)) throw error;
      if (tries >= maxTries)
        throw new FerrymanError(
          'logs.changing',
          `expected logs that can be read to their end, found them ${error.why === 'changed' ? 'truncated' : 'larger'} ${tries} times`,
          { cause: error },
        );
      if (error.why === 'too-large') ratio = Math.max(0.5, Math.min(ratio, firstRatio * 4) * 0.5);
    }
  }
}

async function tryTar(packing: Packing, ratio: number): Promise<Omit<BuiltTar, 'ratio'>> {
  const { layout, config, ledger, signal } = packing;
  const folder = join(layout.root, 'var/log');
  const maxBytes = config.logs.archiveMegabytes * mib;
  const listing = listFiles(folder, config.logs);
  const found = await findChanges(folder, listing.files, ledger.logStreams.all(), ledger.logStreams.next());
  const changes = { ...found, skipped: added(listing.skipped, found.skipped) };
  const journalFile = join(scratchFolder(layout), 'journal.export');
  // The journal gets a half at most, so that neither keeps the other from travelling.
  const journal = await journalShare(packing, journalFile, (maxBytes * ratio) / 2);
  const journalWeight = (journal?.bytes ?? 0) / ratio;
  const share = shareOf(changes.increments, { archiveBytes: maxBytes * 0.9 - journalWeight, ratio });
  const hasJournal = journal !== undefined && journal.bytes > 0;
  if (share.increments.length === 0 && !hasJournal) return { changes, share, journal, tar: undefined };
  const compression = chooseCompression(config.logs.compression);
  const tar = await writeTar(join(scratchFolder(layout), tarNames[compression]), {
    folder,
    increments: share.increments,
    journal: hasJournal ? journalFile : undefined,
    compression,
    maxBytes,
    signal,
  });
  return { changes, share, journal, tar };
}

async function journalShare(
  { layout, config, ledger, signal, path }: Packing,
  file: string,
  maxBytes: number,
): Promise<JournalShare | undefined> {
  const folder = config.logs.journal ? journalFolder(layout.root, path) : undefined;
  if (folder === undefined) return undefined;
  const cursor = readPosition(ledger).cursor ?? undefined;
  return exportJournal(file, folder, {
    cursor,
    maxBytes,
    signal,
    ...(path === undefined ? {} : { path }),
  });
}

function added(one: Skips, other: Skips): Skips {
  const sum: Skips = { ...one };
  for (const [why, count] of Object.entries(other) as [keyof Skips, number][])
    sum[why] = (sum[why] ?? 0) + count;
  return sum;
}

function tarFiles({ layout, config }: Packing, tar: WrittenTar | undefined): PackedFile[] {
  if (!tar) return [];
  const name = tarNames[chooseCompression(config.logs.compression)];
  const lines = tar.entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  return [
    packedFile(name, readFileSync(join(scratchFolder(layout), name))),
    ...(lines === '' ? [] : [packedFile('logs.jsonl', Buffer.from(lines))]),
  ];
}
