/**
 * Reads a line of `ledger.jsonl`: what a node's ledger says of one update (`ferryman show --json`). Keys that are not known are passed
 * over: the node may be newer. A key that is known and not as it must be spoils the line.
 */
import type { Selectable } from 'kysely';
import { ClosedObject, FieldError } from '../../parcel/closed-object.ts';
import { maxRanges, maxRecipients } from '../../parcel/limits.ts';
import { isRecipient } from '../../parcel/recipients.ts';
import { formatRange, normaliseRanges, parseRange } from '../../parcel/sequences.ts';
import { isTimestamp } from '../../parcel/timestamp.ts';
import { states } from '../../plan/facts.ts';
import type { Told } from '../store/tables/updates.ts';
import { cleanText } from './clean-text.ts';

/** Characters that are kept of a text. */
const maxReason = 500;
const maxTitle = 200;
const maxWord = 64;
const maxTransitions = 20;

/** What the office has signed, as the node tells it. */
export interface UpdateTerms {
  readonly digest: string;
  readonly sequence: number | null;
  readonly title: string;
  readonly recipients: readonly string[];
  readonly signers: readonly string[];
  readonly created: string | null;
  readonly expires: string | null;
  readonly script: string | null;
  readonly supersedes: readonly string[];
}

/** Without what the archive says: which one, when it came and how. */
export type ToldByLine = Omit<Selectable<Told>, 'incarnation' | 'archive_sequence' | 'told_at' | 'told_road'>;

export interface LedgerLine {
  readonly terms: UpdateTerms;
  readonly told: ToldByLine;
}

/** @param bytes without the line feed @throws FieldError, SyntaxError */
export function parseLedgerLine(bytes: Buffer): LedgerLine {
  const object = new ClosedObject(JSON.parse(bytes.toString('utf8')));
  const digest = object.string('digest');
  if (!/^[0-9a-f]{128}$/.test(digest)) throw object.refuse('digest', '128 lower-case hex digits', digest);
  const state = object.oneOf('state', states);
  const transitions = takeList(object, 'transitions', takeTransition).slice(-maxTransitions);
  const shortLogs = takeList(object, 'shortLogs', takeShortLog);
  return {
    terms: takeTerms(object, digest),
    told: {
      ledger_state: state,
      ledger_reason: textOr(object, 'reason', maxReason) ?? '',
      exit_status: numberOr(object, 'exitStatus', 255),
      signal: textOr(object, 'signal', maxWord),
      attempts: numberOr(object, 'attempts', Number.MAX_SAFE_INTEGER) ?? 0,
      channel: textOr(object, 'channel', maxWord),
      last_line: shortLogs.reduce((newest, one) => (one.at >= newest.at ? one : newest), { at: '', text: '' })
        .text,
      node_received_at: timeOr(object, 'receivedAt'),
      node_started_at: timeOr(object, 'startedAt'),
      node_finished_at: timeOr(object, 'finishedAt'),
      transitions: JSON.stringify(transitions),
    },
  };
}

function takeTerms(object: ClosedObject, digest: string): UpdateTerms {
  return {
    digest,
    sequence: numberOr(object, 'sequence', Number.MAX_SAFE_INTEGER),
    title: textOr(object, 'title', maxTitle) ?? '',
    recipients: object.has('recipients') ? takeRecipients(object) : [],
    signers: object.has('signers')
      ? object.strings('signers', 0, 1000).map((keyId) => cleanText(keyId, maxWord))
      : [],
    created: timestampOr(object, 'created'),
    expires: timestampOr(object, 'expires'),
    script: takeScript(object),
    supersedes: object.has('supersedes') ? takeRanges(object) : [],
  };
}

/** Of what the office has signed of it, its path. */
function takeScript(object: ClosedObject): string | null {
  const script = object.take('script') ?? null;
  return script === null ? null : textOr(new ClosedObject(script, 'script'), 'path', 1000);
}

function takeRecipients(object: ClosedObject): string[] {
  const recipients = object.strings('recipients', 0, maxRecipients);
  const stranger = recipients.find((who) => !isRecipient(who));
  if (stranger !== undefined) throw object.refuse('recipients', 'recipients', stranger);
  return [...new Set(recipients)].toSorted();
}

function takeRanges(object: ClosedObject): string[] {
  const ranges = object.strings('supersedes', 0, maxRanges).map((text) => {
    const range = parseRange(text);
    if (!range) throw object.refuse('supersedes', 'sequences and ranges of them', text);
    return range;
  });
  return normaliseRanges(ranges).map(formatRange);
}

/** Absent: none. */
function takeList<Item>(object: ClosedObject, key: string, take: (item: ClosedObject) => Item): Item[] {
  if (!object.has(key)) return [];
  return object.array(key, 0, 100_000).map((item) => take(new ClosedObject(item, key)));
}

/** As the ledger has it. */
export interface LedgerTransition {
  readonly state: string;
  readonly reason: string;
  /** RFC 3339, by the node's clock. */
  readonly at: string;
}

function takeTransition(item: ClosedObject): LedgerTransition {
  return {
    state: item.oneOf('state', states),
    reason: textOr(item, 'reason', maxReason) ?? '',
    at: takeTime(item, 'at'),
  };
}

function takeShortLog(item: ClosedObject): { text: string; at: string } {
  return { text: textOr(item, 'text', maxReason) ?? '', at: takeTime(item, 'createdAt') };
}

function takeTime(object: ClosedObject, key: string): string {
  const time = timestampOr(object, key);
  if (time === null) throw object.refuse(key, 'a UTC time like 2026-11-21T08:00:00Z', undefined);
  return time;
}

/** `null` or absent: `null`. */
function textOr(object: ClosedObject, key: string, maxCharacters: number): string | null {
  const value = object.take(key) ?? null;
  if (value !== null && typeof value !== 'string') throw object.refuse(key, 'a text', value);
  return value === null ? null : cleanText(value, maxCharacters);
}

function numberOr(object: ClosedObject, key: string, max: number): number | null {
  const value = object.take(key) ?? null;
  const isSound =
    value === null || (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max);
  if (!isSound) throw object.refuse(key, `a whole number from 0 to ${max}`, value);
  return value as number | null;
}

function timestampOr(object: ClosedObject, key: string): string | null {
  const value = object.take(key) ?? null;
  if (value !== null && (typeof value !== 'string' || !isTimestamp(value)))
    throw object.refuse(key, 'a UTC time like 2026-11-21T08:00:00Z', value);
  return value;
}

function timeOr(object: ClosedObject, key: string): number | null {
  const text = timestampOr(object, key);
  return text === null ? null : Date.parse(text);
}

/** True for what a line that is not as it must be throws. */
export function isBadLine(error: unknown): error is Error {
  return error instanceof FieldError || error instanceof SyntaxError || error instanceof RangeError;
}
