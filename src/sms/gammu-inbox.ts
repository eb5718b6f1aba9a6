/**
 * What gammu-smsd has received: files of its inbox folder, each text with all its parts. Names and contents come from whoever has a
 * telephone; nothing of a name is used but to tell which files belong together. Source: gammu-smsd-files(7).
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';

/** Of one part: a part has 160 characters. */
const maxPartBytes = 4096;
/** In which gammu-smsd has surely written a file, and the clock may be off by between two looks at it. */
const writingMs = 60_000;
/** Of one text, more than gammu-smsd ever joins. */
const maxParts = 16;

export interface ReceivedSms {
  /** Names in the inbox, in the order of the parts. */
  readonly files: readonly string[];
  /** As the network told it, or a forger. */
  readonly from: string;
  readonly text: string;
  /** When gammu-smsd wrote it: milliseconds since 1970, by this machine. */
  readonly atMs: number;
}

/** `IN20021130_021531_00_+45409000931640979_00.txt`: the sender may be any text. */
const nameOfPart = /^(IN\d{8}_\d{6}_\d{2,4}_(.*))_(\d{2,4})\.(txt|bin|smsbackup)$/s;

interface Part {
  readonly name: string;
  readonly from: string;
  readonly number: number;
}

/**
 * The texts in the inbox, oldest first.
 *
 * @param limit texts at most
 * @param untouchedSinceMs files changed in the minute after are left for the next time: gammu-smsd does not write them at once. What seems to be
 * of a later time was written before the clock was set back
 * @throws system errors
 */
export function* readInbox(inbox: string, limit: number, untouchedSinceMs: number): Generator<ReceivedSms> {
  const texts = new Map<string, Part[]>();
  for (const name of readdirSync(inbox).toSorted()) {
    const [, group = '', from = '', number = ''] = nameOfPart.exec(name) ?? [];
    if (group === '') continue;
    const parts = texts.get(group) ?? [];
    if (parts.length === 0 && texts.size >= limit) break;
    parts.push({ name, from, number: Number(number) });
    texts.set(group, parts);
  }
  for (const parts of texts.values()) {
    const received = readText(inbox, parts, untouchedSinceMs);
    if (received) yield received;
  }
}

function readText(inbox: string, parts: readonly Part[], untouchedSinceMs: number): ReceivedSms | undefined {
  const ordered = parts.toSorted((a, b) => a.number - b.number);
  const paths = ordered.map(({ name }) => join(inbox, name));
  const changed = paths.map((path) => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs);
  const isFresh = (ms: number): boolean => ms > untouchedSinceMs && ms <= untouchedSinceMs + writingMs;
  if (!changed.every((ms) => ms !== undefined) || changed.some(isFresh)) return undefined;
  return {
    files: ordered.map(({ name }) => name),
    from: ordered[0]?.from ?? '',
    text: paths.slice(0, maxParts).map(readPart).join(''),
    atMs: Math.floor(Math.min(...changed)),
  };
}

/** What is no plain file, or too long, is an empty text: it is set aside like any other that nobody believes. */
function readPart(path: string): string {
  let fd;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, 'ELOOP', 'ENXIO', 'ENOENT')) return '';
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile() || size > maxPartBytes) return '';
    const bytes = Buffer.alloc(size);
    return decode(bytes.subarray(0, readSync(fd, bytes, 0, size, 0)));
  } finally {
    closeSync(fd);
  }
}

/** With `inboxformat = unicode` it is UTF-16 with a byte order mark; gammu-smsd pads a text of the extension table with zeros. */
function decode(bytes: Buffer): string {
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff;
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (!isBig && !isLittle) return withoutPadding(bytes.toString());
  const even = Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)));
  return withoutPadding((isBig ? even.swap16() : even).toString('utf16le'));
}

function withoutPadding(text: string): string {
  return text.replace(/[\0\r\n ]+$/, '');
}
