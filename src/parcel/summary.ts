/** What a node holds, in one line: what a neighbour decides by. Nobody signs it; ssh tells who says it. Spec: docs/format.md §16. */
import { hash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { FerrymanError } from '../errors.ts';
import type { AckName } from './acknowledgement.ts';
import {
  formatName,
  parseDocument,
  spellInLine,
  takeGuid,
  takeHex,
  takeObjects,
  takeRanges,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import * as limits from './limits.ts';
import { roles, type Role } from './recipients.ts';
import { checkSorted, takeIncarnation, type Incarnation } from './roster.ts';
import { formatRange, type SequenceRange } from './sequences.ts';

/** The archives of one incarnation that a node holds. */
export interface HeldLogs extends Incarnation {
  readonly short: readonly SequenceRange[];
  readonly long: readonly SequenceRange[];
  /** Of all these archives together. */
  readonly bytes: number;
}

/** How often a node meets others, as it tells itself. */
export interface ToldMeetings {
  /** Over which it has counted. */
  readonly hours: number;
  /** Neighbours met, each once an hour. */
  readonly met: number;
  /** Of them, those that take logs home. */
  readonly home: number;
}

/** What is compared to see whether two neighbours hold the same. */
export interface Holdings {
  /** Number of the newest roster, 0 for none. */
  readonly roster: number;
  /** Sorted by proxy and shard, one for each. */
  readonly acks: readonly AckName[];
  /** Digests, sorted: they are also the names under which the updates are fetched. */
  readonly updates: readonly string[];
  /** Sorted by origin and incarnation. */
  readonly logs: readonly HeldLogs[];
}

export interface Summary extends Holdings {
  /** GUID. */
  readonly node: string;
  readonly role: Role;
  /** Bytes that the node would take of foreign logs. */
  readonly free: number;
  /** Left out by a node that has met nobody yet. */
  readonly meetings?: ToldMeetings;
}

const summaryDocument: DocumentKind<Summary> = {
  name: 'summary',
  malformed: 'summary.malformed',
  read: readSummary,
  spell: (summary) => [formatSummary(summary)],
};

/** Of a file compressed by gzip (RFC 1952). */
const gzipMagic = Buffer.from([0x1f, 0x8b]);

/** Reads a summary as it is sent: compressed by gzip, or as it is. @throws FerrymanError `summary.malformed` */
export function openSummary(sent: Buffer): Summary {
  if (!sent.subarray(0, gzipMagic.length).equals(gzipMagic)) return parseSummary(sent);
  try {
    return parseSummary(gunzipSync(sent, { maxOutputLength: limits.maxSummaryBytes }));
  } catch (error) {
    if (error instanceof FerrymanError || !(error instanceof Error)) throw error;
    throw new FerrymanError(
      'summary.malformed',
      `summary: expected gzip of at most ${limits.maxSummaryBytes} bytes, found ${error.message}`,
      { cause: error },
    );
  }
}

/** Reads a summary; a line feed at its end is left out. @throws FerrymanError `summary.malformed` */
export function parseSummary(bytes: Buffer): Summary {
  if (bytes.length > limits.maxSummaryBytes)
    throw new FerrymanError(
      'summary.malformed',
      `summary: expected at most ${limits.maxSummaryBytes} bytes, found ${bytes.length}`,
    );
  return parseDocument(bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes, summaryDocument);
}

function readSummary(object: ClosedObject): Summary {
  object.oneOf('format', [formatName]);
  object.oneOf('kind', ['summary']);
  const summary: Summary = {
    node: takeGuid(object, 'node'),
    role: object.oneOf('role', roles),
    free: object.integer('free', 0, Number.MAX_SAFE_INTEGER),
    ...(object.has('meetings') ? { meetings: readMeetings(object.object('meetings')) } : {}),
    roster: object.integer('roster', 0, Number.MAX_SAFE_INTEGER),
    acks: takeObjects(object, 'acks', limits.maxSummaryItems, readAckName),
    updates: takeUpdates(object),
    logs: takeObjects(object, 'logs', limits.maxSummaryItems, readHeld),
  };
  object.end();
  checkAcksSorted(object, summary.acks);
  checkSorted(object, 'logs', summary.logs);
  return summary;
}

function readMeetings(meetings: ClosedObject): ToldMeetings {
  const hours = meetings.integer('hours', 1, Number.MAX_SAFE_INTEGER);
  const met = meetings.integer('met', 0, Number.MAX_SAFE_INTEGER);
  const home = meetings.integer('home', 0, met);
  meetings.end();
  return { hours, met, home };
}

function readAckName(ack: ClosedObject): AckName {
  return {
    proxy: takeGuid(ack, 'proxy'),
    epoch: takeHex(ack, 'epoch', 16),
    number: ack.integer('number', 1, Number.MAX_SAFE_INTEGER),
    shard: ack.integer('shard', 0, limits.maxShard),
  };
}

function readHeld(held: ClosedObject): HeldLogs {
  return {
    ...takeIncarnation(held),
    short: takeRanges(held, 'short', { max: limits.maxHeldRanges }),
    long: takeRanges(held, 'long', { max: limits.maxHeldRanges }),
    bytes: held.integer('bytes', 0, Number.MAX_SAFE_INTEGER),
  };
}

function takeUpdates(object: ClosedObject): string[] {
  const updates = object.strings('updates', 0, limits.maxSummaryItems);
  for (const [index, digest] of updates.entries()) {
    const previous = updates[index - 1];
    if (!/^[0-9a-f]{128}$/.test(digest) || (previous !== undefined && previous >= digest))
      throw object.refuse(`updates[${index}]`, '128 hex digits, sorted, each once', digest);
  }
  return updates;
}

function checkAcksSorted(object: ClosedObject, acks: readonly AckName[]): void {
  for (const [index, ack] of acks.entries()) {
    const previous = acks[index - 1];
    if (previous && byProxyAndShard(previous, ack) >= 0)
      throw object.refuse(
        `acks[${index}]`,
        'a list sorted by proxy and shard, one for each',
        `${ack.proxy}, shard ${ack.shard}`,
      );
  }
}

/** The order in which acknowledgements are listed. */
export function byProxyAndShard(
  a: Pick<AckName, 'proxy' | 'shard'>,
  b: Pick<AckName, 'proxy' | 'shard'>,
): number {
  if (a.proxy !== b.proxy) return a.proxy < b.proxy ? -1 : 1;
  return a.shard - b.shard;
}

/** One line, without a line feed. */
export function formatSummary({ node, role, free, meetings, ...held }: Summary): string {
  return spellInLine({
    format: formatName,
    kind: 'summary',
    node,
    role,
    free,
    ...(meetings ? { meetings: { hours: meetings.hours, met: meetings.met, home: meetings.home } } : {}),
    roster: held.roster,
    acks: held.acks.map(spellAck),
    updates: held.updates,
    logs: held.logs.map((logs) => ({ ...spellLogs(logs), bytes: logs.bytes })),
  });
}

/**
 * The same for two nodes that hold the same: 16 hex digits, for a ping. Who they are, and how large their files are, does not count.
 */
export function holdingsOf({ roster, acks, updates, logs }: Holdings): string {
  const same = { roster, acks: acks.map(spellAck), updates, logs: logs.map(spellLogs) };
  return hash('sha256', spellInLine(same)).slice(0, 16);
}

function spellAck({ proxy, epoch, number, shard }: AckName): object {
  return { proxy, epoch, number, shard };
}

function spellLogs({ origin, incarnation, short, long }: HeldLogs): object {
  return { origin, incarnation, short: short.map(formatRange), long: long.map(formatRange) };
}
