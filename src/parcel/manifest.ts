/**
 * The manifest of an update: what it is, whom it is for, how its script runs, and every file with its hash.
 *
 * Closed (an unknown key is refused) and canonical: the bytes must be exactly what {@link formatManifest} writes, so that
 * one meaning has one spelling and a key cannot stand twice. Spec: docs/format.md §6.
 */
import { FerrymanError } from '../errors.ts';
import { ClosedObject, FieldError } from './closed-object.ts';
import type { Mode } from './canonical-zip.ts';
import * as limits from './limits.ts';
import { checkPath } from './path.ts';
import { printable } from './printable.ts';
import { isRecipient, recipientForms } from './recipients.ts';
import { countSequences, formatRange, normaliseRanges, parseRange, type SequenceRange } from './sequences.ts';
import { isTimestamp } from './timestamp.ts';

/** The value of `format` that this code reads and writes. */
export const formatName = 'ferryman/1';
/** The name of the manifest inside a parcel; always the first entry. */
export const manifestPath = 'manifest.json';

/** What happens to a run whose end nobody saw. */
export const onInterruptChoices = ['report', 'rerun'] as const;
export type OnInterrupt = (typeof onInterruptChoices)[number];

export interface ScriptPlan {
  /** One of the files. */
  readonly path: string;
  readonly timeoutSeconds: number;
  readonly onInterrupt: OnInterrupt;
  /** Starts allowed in all when `onInterrupt` is `rerun`. */
  readonly maxAttempts: number;
}

export interface ManifestFile {
  readonly path: string;
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly mode: Mode;
}

export interface UpdateManifest {
  /** Unique for ever, 1 to 2^53 - 1. */
  readonly sequence: number;
  readonly title: string;
  /** `all`, `role:…`, `group:…` or GUIDs; never empty. */
  readonly recipients: readonly string[];
  /** RFC 3339 in UTC, whole seconds. */
  readonly created: string;
  readonly expires?: string;
  readonly script: ScriptPlan;
  readonly requires: readonly SequenceRange[];
  readonly supersedes: readonly SequenceRange[];
  /** Sorted by path, byte by byte. */
  readonly files: readonly ManifestFile[];
}

/**
 * Reads `manifest.json`.
 *
 * @throws FerrymanError `manifest.malformed`, `zip.bad-name`
 */
export function parseManifest(bytes: Buffer): UpdateManifest {
  try {
    const manifest = readManifest(new ClosedObject(JSON.parse(bytes.toString('utf8'))));
    if (!isSpelt(manifest, bytes)) {
      throw new FieldError(
        'expected the canonical spelling (key order, two spaces of indentation, one line feed at the end), found another',
      );
    }
    return manifest;
  } catch (error) {
    if (error instanceof FieldError || error instanceof SyntaxError) {
      // V8 quotes what it could not parse
      throw new FerrymanError('manifest.malformed', `${manifestPath}: ${printable(error.message)}`, {
        cause: error,
      });
    }
    throw error;
  }
}

function readManifest(object: ClosedObject): UpdateManifest {
  object.oneOf('format', [formatName]);
  object.oneOf('kind', ['update']);
  const sequence = object.integer('sequence', 1, Number.MAX_SAFE_INTEGER);
  const created = takeTimestamp(object, 'created');
  const expires = object.has('expires') ? takeTimestamp(object, 'expires') : undefined;
  if (expires !== undefined && expires <= created)
    throw object.refuse('expires', `a time after ${created}`, expires);
  const manifest: UpdateManifest = {
    sequence,
    title: takeTitle(object),
    recipients: takeRecipients(object),
    created,
    ...(expires === undefined ? {} : { expires }),
    script: readScript(object.object('script')),
    requires: takeRanges(object, 'requires', sequence),
    supersedes: takeRanges(object, 'supersedes', sequence),
    files: takeFiles(object),
  };
  object.end();
  const required = countSequences(manifest.requires);
  if (required > limits.maxRequired)
    throw object.refuse('requires', `at most ${limits.maxRequired} sequences`, required);
  if (!manifest.files.some((file) => file.path === manifest.script.path)) {
    throw object.refuse('script.path', 'one of the files', manifest.script.path);
  }
  return manifest;
}

function takeTimestamp(object: ClosedObject, key: string): string {
  const text = object.string(key);
  if (!isTimestamp(text)) throw object.refuse(key, 'a UTC time like 2026-11-21T08:00:00Z', text);
  return text;
}

function takeTitle(object: ClosedObject): string {
  const title = object.string('title');
  // Titles are shown on terminals and sent by SMS: no control, format or line-separating characters.
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(title) || Buffer.byteLength(title) > limits.maxTitleBytes) {
    throw object.refuse('title', `printable text of at most ${limits.maxTitleBytes} bytes`, title);
  }
  return title;
}

function takeRecipients(object: ClosedObject): string[] {
  const recipients = object.strings('recipients', 1, limits.maxRecipients);
  const seen = new Set<string>();
  for (const [index, who] of recipients.entries()) {
    if (!isRecipient(who)) throw object.refuse(`recipients[${index}]`, recipientForms, who);
    if (seen.has(who)) throw object.refuse(`recipients[${index}]`, 'no recipient twice', who);
    seen.add(who);
  }
  return recipients;
}

function readScript(script: ClosedObject): ScriptPlan {
  const plan: ScriptPlan = {
    path: checkPath(script.string('path')),
    timeoutSeconds: script.integer('timeoutSeconds', 1, limits.maxTimeoutSeconds),
    onInterrupt: script.oneOf('onInterrupt', onInterruptChoices),
    maxAttempts: script.integer('maxAttempts', 1, limits.maxAttempts),
  };
  script.end();
  return plan;
}

function takeRanges(object: ClosedObject, key: string, sequence: number): SequenceRange[] {
  const texts = object.strings(key, 0, limits.maxRanges);
  const ranges = texts.map((text, index) => {
    const range = parseRange(text);
    if (!range) throw object.refuse(`${key}[${index}]`, 'a sequence like "7" or a range like "3-9"', text);
    if (range.last >= sequence)
      throw object.refuse(`${key}[${index}]`, `sequences below its own, ${sequence}`, text);
    return range;
  });
  const normal = normaliseRanges(ranges).map(formatRange);
  if (normal.join() !== texts.join())
    throw object.refuse(key, `sorted ranges that do not touch, ${JSON.stringify(normal)}`, texts);
  return ranges;
}

function takeFiles(object: ClosedObject): ManifestFile[] {
  const files = object.array('files', 1, limits.maxFiles).map((value, index) => {
    const file = new ClosedObject(value, object.path(`files[${index}]`));
    const path = checkPath(file.string('path'));
    const size = file.integer('size', 0, limits.maxContentBytes);
    const sha256 = file.string('sha256');
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw file.refuse('sha256', '64 lower-case hex digits', sha256);
    const mode: Mode = file.oneOf('mode', ['0644', '0755']) === '0755' ? 0o755 : 0o644;
    file.end();
    return { path, size, sha256, mode };
  });
  for (const [index, { path }] of files.entries()) {
    // Paths are ASCII: texts compare as their bytes do.
    const previous = files[index - 1];
    if (previous && previous.path >= path) {
      throw object.refuse(
        `files[${index}].path`,
        `paths sorted byte by byte, each once, so one after "${previous.path}"`,
        path,
      );
    }
  }
  return files;
}

/** True when these are the canonical bytes of a manifest. */
function isSpelt(manifest: UpdateManifest, bytes: Buffer): boolean {
  let at = 0;
  for (const piece of piecesOf(manifest)) {
    const expected = Buffer.from(piece);
    if (!bytes.subarray(at, at + expected.length).equals(expected)) return false;
    at += expected.length;
  }
  return at === bytes.length;
}

/** The canonical bytes of a manifest: JSON, keys in this order, two spaces of indentation, one line feed at the end. */
export function formatManifest(manifest: UpdateManifest): Buffer {
  return Buffer.from([...piecesOf(manifest)].join(''));
}

/** Files that are written at a time: a manifest of thousands takes megabytes, and need not be in memory twice to be compared. */
const filesPerPiece = 500;

function* piecesOf(manifest: UpdateManifest): Generator<string> {
  const ordered = {
    format: formatName,
    kind: 'update',
    sequence: manifest.sequence,
    title: manifest.title,
    recipients: manifest.recipients,
    created: manifest.created,
    expires: manifest.expires,
    script: {
      path: manifest.script.path,
      timeoutSeconds: manifest.script.timeoutSeconds,
      onInterrupt: manifest.script.onInterrupt,
      maxAttempts: manifest.script.maxAttempts,
    },
    requires: manifest.requires.map(formatRange),
    supersedes: manifest.supersedes.map(formatRange),
    files: [],
  };
  yield JSON.stringify(ordered, null, 2).slice(0, -']\n}'.length);
  for (let first = 0; first < manifest.files.length; first += filesPerPiece)
    yield (first === 0 ? '\n' : ',\n') + formatFiles(manifest.files.slice(first, first + filesPerPiece));
  yield '\n  ]\n}\n';
}

/** Some files as they stand in the list of a manifest, without what stands around them. */
function formatFiles(some: readonly ManifestFile[]): string {
  const files = some.map(({ path, size, sha256, mode }) => ({
    path,
    size,
    sha256,
    mode: mode === 0o755 ? '0755' : '0644',
  }));
  return JSON.stringify({ files }, null, 2).slice('{\n  "files": [\n'.length, -'\n  ]\n}'.length);
}
