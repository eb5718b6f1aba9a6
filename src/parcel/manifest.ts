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
  takeRanges,
  takeRecipients,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { piecesOfListing, takeFiles, type ManifestFile } from './file-list.ts';
import * as limits from './limits.ts';
import { manifestPath, takeKind } from './parcel-kind.ts';
import { checkPath } from './path.ts';
import { countSequences, formatRange, type SequenceRange } from './sequences.ts';

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
    requires: takeRanges(object, 'requires', { below: sequence }),
    supersedes: takeRanges(object, 'supersedes', { below: sequence }),
    files: takeFiles(object, 1, limits.maxFiles),
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

/** The canonical bytes of a manifest: JSON, keys in this order, two spaces of indentation, one line feed at the end. */
export function formatManifest(manifest: UpdateManifest): Buffer {
  return Buffer.from([...piecesOf(manifest)].join(''));
}

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
  yield* piecesOfListing(ordered, manifest.files);
}
