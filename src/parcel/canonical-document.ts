/**
 * JSON documents of the format: closed (an unknown key is refused) and canonical. The bytes must be exactly what the writer makes, so
 * that one meaning has one spelling and a key cannot stand twice. Spec: docs/format.md §6.
 */
import { FerrymanError, type ErrorCode } from '../errors.ts';
import { ClosedObject, FieldError } from './closed-object.ts';
import * as limits from './limits.ts';
import { printable } from './printable.ts';
import { isGuid, isRecipient, recipientForms } from './recipients.ts';
import { formatRange, normaliseRanges, parseRange, type SequenceRange } from './sequences.ts';
import { isTimestamp } from './timestamp.ts';

/** The value of `format` that this code reads and writes. */
export const formatName = 'ferryman/1';

/** How documents of one kind are read and written. */
export interface DocumentKind<Document> {
  /** Of the file, for messages: `manifest.json`. */
  readonly name: string;
  /** The code of what is not in the format. */
  readonly malformed: ErrorCode;
  /** Takes every key. @throws FieldError */
  readonly read: (object: ClosedObject) => Document;
  /** The one spelling, in pieces: a manifest of thousands of files takes megabytes, and need not be in memory twice to be compared. */
  readonly spell: (document: Document) => Iterable<Buffer | string>;
}

/** @throws FerrymanError with the code `malformed` of the kind, and what its `read` throws */
export function parseDocument<Document>(
  bytes: Buffer,
  { name, malformed, read, spell }: DocumentKind<Document>,
): Document {
  try {
    const document = read(new ClosedObject(JSON.parse(bytes.toString('utf8'))));
    if (!isSpelt(spell(document), bytes)) {
      throw new FieldError(
        'expected the canonical spelling (order of keys, indentation and line ends as docs/format.md says), found another',
      );
    }
    return document;
  } catch (error) {
    if (error instanceof FieldError || error instanceof SyntaxError) {
      // V8 quotes what it could not parse
      throw new FerrymanError(malformed, `${name}: ${printable(error.message)}`, { cause: error });
    }
    throw error;
  }
}

function isSpelt(pieces: Iterable<Buffer | string>, bytes: Buffer): boolean {
  let at = 0;
  for (const piece of pieces) {
    const expected = Buffer.from(piece);
    if (!bytes.subarray(at, at + expected.length).equals(expected)) return false;
    at += expected.length;
  }
  return at === bytes.length;
}

/** @param ordered its keys in the order of the format; `undefined` ones are left out */
export function spellDocument(ordered: object): Buffer {
  return Buffer.from(`${JSON.stringify(ordered, null, 2)}\n`);
}

/** As {@link spellDocument}, of a document that stands in one line: no line feed, no space but inside texts. */
export function spellInLine(ordered: object): string {
  return JSON.stringify(ordered);
}

export function takeTimestamp(object: ClosedObject, key: string): string {
  const text = object.string(key);
  if (!isTimestamp(text)) throw object.refuse(key, 'a UTC time like 2026-11-21T08:00:00Z', text);
  return text;
}

/** An optional time that must be later than another. */
export function takeEnd(object: ClosedObject, key: string, created: string): string | undefined {
  if (!object.has(key)) return undefined;
  const end = takeTimestamp(object, key);
  if (end <= created) throw object.refuse(key, `a time after ${created}`, end);
  return end;
}

/** Shown on terminals and sent by SMS: no control, format or line-separating characters. */
export function takePrintable(object: ClosedObject, key: string, maxBytes: number): string {
  const text = object.string(key);
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text) || Buffer.byteLength(text) > maxBytes) {
    throw object.refuse(key, `printable text of at most ${maxBytes} bytes`, text);
  }
  return text;
}

/** Whom it is for; never empty, none twice. */
export function takeRecipients(object: ClosedObject, max: number = limits.maxRecipients): string[] {
  const recipients = object.strings('recipients', 1, max);
  const seen = new Set<string>();
  for (const [index, who] of recipients.entries()) {
    if (!isRecipient(who)) throw object.refuse(`recipients[${index}]`, recipientForms, who);
    if (seen.has(who)) throw object.refuse(`recipients[${index}]`, 'no recipient twice', who);
    seen.add(who);
  }
  return recipients;
}

/** What a set of sequences in a document must keep to. */
export interface RangeLimits {
  /** Items in the list. */
  readonly max?: number;
  /** All sequences are smaller than this. */
  readonly below?: number;
}

/** A set of sequences in its one spelling: `"7"` and `"3-9"`, sorted, not touching. */
export function takeRanges(
  object: ClosedObject,
  key: string,
  { max = limits.maxRanges, below = Infinity }: RangeLimits,
): SequenceRange[] {
  const texts = object.strings(key, 0, max);
  const ranges = texts.map((text, index) => {
    const range = parseRange(text);
    if (!range) throw object.refuse(`${key}[${index}]`, 'a sequence like "7" or a range like "3-9"', text);
    if (range.last >= below)
      throw object.refuse(`${key}[${index}]`, `sequences below its own, ${below}`, text);
    return range;
  });
  const normal = normaliseRanges(ranges).map(formatRange);
  if (normal.join() !== texts.join()) {
    const shown = JSON.stringify(normal);
    const expected = shown.length > 80 ? `${shown.slice(0, 77)}…` : shown;
    throw object.refuse(key, `sorted ranges that do not touch, ${expected}`, texts);
  }
  return ranges;
}

export function takeGuid(object: ClosedObject, key: string): string {
  const guid = object.string(key);
  if (!isGuid(guid)) throw object.refuse(key, 'a GUID in lower case', guid);
  return guid;
}

/** Lower-case hex digits, exactly so many. */
export function takeHex(object: ClosedObject, key: string, digits: number): string {
  const text = object.string(key);
  if (text.length !== digits || !/^[0-9a-f]*$/.test(text))
    throw object.refuse(key, `${digits} lower-case hex digits`, text);
  return text;
}

/** A list of objects, each read to its end. */
export function takeObjects<Item>(
  object: ClosedObject,
  key: string,
  max: number,
  read: (item: ClosedObject) => Item,
): Item[] {
  return object.array(key, 0, max).map((value, index) => {
    const item = new ClosedObject(value, object.path(`${key}[${index}]`));
    const taken = read(item);
    item.end();
    return taken;
  });
}
