/**
 * Rosters: parcels without files by which the office says which enrolments are revoked, and which incarnations are closed. Each says all.
 * Spec: docs/format.md §13.
 */
import { FerrymanError } from '../errors.ts';
import { openManifest, withoutFiles, type OpenedManifest } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import {
  formatName,
  parseDocument,
  spellDocument,
  takeGuid,
  takeHex,
  takeObjects,
  takeRanges,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import * as limits from './limits.ts';
import { manifestPath, takeKind } from './parcel-kind.ts';
import { formatRange, type SequenceRange } from './sequences.ts';

/** The archives that a node has made since its sequence store was. */
export interface Incarnation {
  /** GUID. */
  readonly origin: string;
  /** 16 lower-case hex digits. */
  readonly incarnation: string;
}

export interface Roster {
  /** 1 to 2^53 - 1, rising. */
  readonly number: number;
  /** RFC 3339 in UTC, whole seconds. */
  readonly created: string;
  /** Serials of enrolments. */
  readonly revoked: readonly SequenceRange[];
  /** Sorted by origin and incarnation. */
  readonly closed: readonly Incarnation[];
}

const rosterDocument: DocumentKind<Roster> = {
  name: manifestPath,
  malformed: 'manifest.malformed',
  read: readRoster,
  spell: (roster) => [formatRoster(roster)],
};

/** Reads a roster's `manifest.json`. @throws FerrymanError `manifest.malformed`, `manifest.other-kind` */
export function parseRoster(bytes: Buffer): Roster {
  return parseDocument(bytes, rosterDocument);
}

function readRoster(object: ClosedObject): Roster {
  takeKind(object, 'roster');
  const roster: Roster = {
    number: object.integer('number', 1, Number.MAX_SAFE_INTEGER),
    created: takeTimestamp(object, 'created'),
    revoked: takeRanges(object, 'revoked', { max: limits.maxRevoked }),
    closed: takeObjects(object, 'closed', limits.maxClosed, takeIncarnation),
  };
  object.end();
  checkSorted(object, 'closed', roster.closed);
  return roster;
}

/** Takes `origin` and `incarnation`. */
export function takeIncarnation(object: ClosedObject): Incarnation {
  return { origin: takeGuid(object, 'origin'), incarnation: takeHex(object, 'incarnation', 16) };
}

/** The order in which incarnations are listed. Both are of one length in ASCII: texts compare as their bytes do. */
export function compareIncarnations(a: Incarnation, b: Incarnation): number {
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  if (a.incarnation === b.incarnation) return 0;
  return a.incarnation < b.incarnation ? -1 : 1;
}

/** @throws FieldError unless each is there once, in order */
export function checkSorted(object: ClosedObject, key: string, list: readonly Incarnation[]): void {
  for (const [index, one] of list.entries()) {
    const previous = list[index - 1];
    if (previous && compareIncarnations(previous, one) >= 0)
      throw object.refuse(
        `${key}[${index}]`,
        `a list sorted by origin and incarnation, each once, so one after ${previous.origin}/${previous.incarnation}`,
        `${one.origin}/${one.incarnation}`,
      );
  }
}

/** The canonical bytes of a roster's manifest. */
export function formatRoster({ number, created, revoked, closed }: Roster): Buffer {
  return spellDocument({
    format: formatName,
    kind: 'roster',
    number,
    created,
    revoked: revoked.map(formatRange),
    closed: closed.map(({ origin, incarnation }) => ({ origin, incarnation })),
  });
}

/**
 * Reads the archive of a roster: its manifest and nothing else. As with an update, only after its signatures.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.*`
 */
export async function openRoster(source: ByteSource, eocdOffset: number): Promise<Roster> {
  return asRoster(await openManifest(source, eocdOffset, limits.maxRosterBytes));
}

/** @throws FerrymanError `manifest.*` */
export function asRoster(opened: OpenedManifest): Roster {
  return withoutFiles('a roster', opened, parseRoster, limits.maxRosterBytes);
}

/** Which roster it is. */
export interface RosterName {
  readonly number: number;
  /** BLAKE2b-512 of S, 128 hex digits. */
  readonly digest: string;
}

/**
 * Whether a verified roster takes the place of the one that is known; a lower number, or the same roster again, does not.
 *
 * @throws FerrymanError `roster.fork` for another roster of the same number: the one that is known stays
 */
export function isNewerRoster(offered: RosterName, known: RosterName | undefined): boolean {
  if (!known || offered.number > known.number) return true;
  if (offered.number === known.number && offered.digest !== known.digest)
    throw new FerrymanError(
      'roster.fork',
      `roster ${known.number}: expected ${known.digest.slice(0, 16)}, found ${offered.digest.slice(0, 16)} of the same number`,
    );
  return false;
}
