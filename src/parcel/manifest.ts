/**
 * The manifest of an update: what it is, whom it is for, how its script runs, and every file with its hash.
 *
 * Spec: docs/format.md §6.
 */
import {
  formatName,
  parseDocument,
  takeEnd,
  takePrintable,
  takeRecipients,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import { ClosedObject } from './closed-object.ts';
import type { Mode } from './canonical-zip.ts';
import * as limits from './limits.ts';
import { manifestPath, takeKind } from './parcel-kind.ts';
import { checkPath } from './path.ts';
import { countSequences, formatRange, normaliseRanges, parseRange, type SequenceRange } from './sequences.ts';

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

const updateDocument: DocumentKind<UpdateManifest> = {
  name: manifestPath,
  malformed: 'manifest.malformed',
  read: readManifest,
  spell: piecesOf,
};

/**
 * Reads `manifest.json`.
 *
 * @throws FerrymanError `manifest.malformed`, `manifest.other-kind`, `zip.bad-name`
 */
export function parseManifest(bytes: Buffer): UpdateManifest {
  return parseDocument(bytes, updateDocument);
}

function readManifest(object: ClosedObject): UpdateManifest {
  takeKind(object, 'update');
  const sequence = object.integer('sequence', 1, Number.MAX_SAFE_INTEGER);
  const created = takeTimestamp(object, 'created');
  const expires = takeEnd(object, 'expires', created);
  const manifest: UpdateManifest = {
    sequence,
    title: takePrintable(object, 'title', limits.maxTitleBytes),
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
