/** What each player has told of the year, as the archives of logs that came home: the same lines that a node packs. */
import { formatContact } from '../../src/parcel/contact.ts';
import { formatNodeFacts } from '../../src/parcel/node-facts.ts';
import { formatTimestamp } from '../../src/parcel/timestamp.ts';
import type { UpdateState } from '../../src/plan/facts.ts';
import { chance, dayMs, type Edition, type Player } from './cast.ts';

export interface ToldArchive {
  readonly sequence: number;
  readonly at: number;
  readonly road: string;
  /** File name → contents. */
  readonly files: Readonly<Record<string, string>>;
  /** Sequences that the node had to drop. */
  readonly lost: readonly { readonly first: number; readonly last: number }[];
}

/** Days between the first archive and the second, which are about the first half of the year. */
const contactsOfArchive = 40;

export function archivesOf(
  player: Player,
  editions: readonly Edition[],
  now: number,
): readonly ToldArchive[] {
  const { guid, everyDays, heardDaysAgo } = player;
  const last = now - heardDaysAgo * dayMs;
  const times = [last - 170 * dayMs, last - 2 * everyDays * dayMs, last - everyDays * dayMs, last];
  const hasGap = chance(`gap ${guid}`) < 0.03;
  return times.map((at, index) => {
    const before = times[index - 1] ?? at - 180 * dayMs;
    const sequence = index + 1 + (hasGap && index > 1 ? 1 : 0);
    const lost = hasGap && index === 3 && chance(`lost ${guid}`) < 0.5 ? [{ first: 3, last: 3 }] : [];
    return {
      sequence,
      at,
      road: roadOf(player, index),
      lost,
      files: filesOf(player, editions, { before, at }),
    };
  });
}

function roadOf({ guid }: Player, index: number): string {
  const throwOf = chance(`road ${guid} ${index}`);
  return throwOf < 0.04 ? 'usb' : throwOf < 0.2 ? 'backhaul' : 'flood';
}

interface Span {
  readonly before: number;
  readonly at: number;
}

function filesOf(player: Player, editions: readonly Edition[], { before, at }: Span): Record<string, string> {
  const arrived = editions
    .map((edition) => ({ edition, receivedAt: edition.signedAt + travel(player, edition) }))
    .filter(({ receivedAt }) => receivedAt > before && receivedAt <= at);
  const contacts = contactTimes(player, { before, at });
  return {
    'ledger.jsonl': arrived
      .map(({ edition, receivedAt }) => ledgerLine(player, edition, receivedAt))
      .join(''),
    'contacts.jsonl': contacts.map((time) => contactLine(player, time)).join(''),
    'node.jsonl': nodeLine(player),
  };
}

/** Milliseconds from the office to the node: some meetings. */
function travel({ guid, everyDays }: Player, { sequence }: Edition): number {
  return (0.2 + 3 * chance(`travel ${guid} ${sequence}`) ** 2 * everyDays) * dayMs;
}

function contactTimes({ guid, everyDays }: Player, { before, at }: Span): number[] {
  const step = Math.max(everyDays * dayMs, (at - before) / contactsOfArchive);
  const count = Math.floor((at - before) / step);
  return Array.from(
    { length: count },
    (_, index) => before + (index + chance(`met ${guid} ${index}`)) * step,
  );
}

function contactLine({ peer }: Player, at: number): string {
  const size = chance(`size ${peer.guid} ${at}`);
  const line = formatContact({
    at: formatTimestamp(at),
    peer: peer.guid,
    role: peer.role,
    seconds: 2 + Math.floor(40 * size),
    bytesIn: Math.floor(4_000_000 * size ** 3),
    bytesOut: Math.floor(300_000 * size),
    parcelsIn: Math.floor(3 * size),
    reason: size > 0.9 ? 'the neighbour went away' : 'done',
  });
  return `${line}\n`;
}

function nodeLine({ guid, group }: Player): string {
  const free = chance(`disk ${guid}`);
  const totalBytes = 16_000_000_000;
  const line = formatNodeFacts({
    version: chance(`version ${guid}`) < 0.8 ? '0.1.0' : '0.0.9',
    groups: [group],
    baseline: 0,
    freeBytes: Math.floor(totalBytes * (free < 0.01 ? 0.01 : 0.2 + free / 2)),
    totalBytes,
    undelivered: 0,
    undeliveredBytes: 0,
  });
  return `${line}\n`;
}

interface Ending {
  readonly state: UpdateState;
  readonly exitStatus: number | null;
  readonly text: string;
}

/** One in fifty of the newest, one in three hundred of the others: failures are mended by what follows. */
function endingOf({ guid }: Player, { sequence }: Edition): Ending {
  const luck = chance(`luck ${guid} ${sequence}`);
  const limit = sequence > 22 ? 0.02 : 0.003;
  if (luck < limit / 2) return { state: 'failed', exitStatus: 28, text: 'unpack: no space left on device' };
  if (luck < limit) return { state: 'failed', exitStatus: 3, text: 'printer: no such queue "receipts"' };
  if (luck < limit * 1.2) return { state: 'interrupted', exitStatus: null, text: 'unpacking maps, 40 %' };
  if (sequence === 24 && luck > 0.95)
    return { state: 'deferred', exitStatus: 75, text: 'somebody is at the kiosk' };
  return { state: 'succeeded', exitStatus: 0, text: 'done' };
}

function ledgerLine(player: Player, edition: Edition, receivedAt: number): string {
  const { state, exitStatus, text } = endingOf(player, edition);
  const received = formatTimestamp(receivedAt);
  const finished = formatTimestamp(receivedAt + 90_000);
  const line = {
    sequence: edition.sequence,
    digest: edition.digest,
    title: edition.title,
    channel: chance(`channel ${player.guid} ${edition.sequence}`) < 0.05 ? 'usb' : 'flood',
    state,
    exitStatus,
    signal: null,
    attempts: 1,
    receivedAt: received,
    startedAt: formatTimestamp(receivedAt + 60_000),
    finishedAt: state === 'deferred' ? null : finished,
    reason: state === 'deferred' ? 'the script asked to be tried later' : '',
    recipients: ['all'],
    created: formatTimestamp(edition.signedAt),
    expires: null,
    script: { path: 'install.sh', timeoutSeconds: 600, onInterrupt: 'rerun', maxAttempts: 3 },
    supersedes: [],
    signers: ['0123456789ABCDEF'],
    transitions: [
      { state: 'received', reason: '', at: received },
      { state, reason: '', at: finished },
    ],
    shortLogs: [{ text, createdAt: finished }],
  };
  return `${JSON.stringify(line)}\n`;
}
