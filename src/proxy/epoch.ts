/**
 * Which store this is, told to all nodes as its *epoch*, and the highest number that an acknowledgement of it has used. Kept in a file
 * of its own: a store put back from an old copy brings an old number with it, and neighbours know a higher one. Then nothing is
 * acknowledged until the office has enrolled this proxy anew, which begins another epoch. Spec: docs/format.md §15.
 */
import { existsSync, readFileSync } from 'node:fs';
import { makeFolder, writeDurably } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { ProxyPlaces } from './places.ts';

export interface StoreEpoch {
  /** 16 lower-case hex digits. */
  readonly epoch: string;
  /** Of the enrolment under which the epoch began. */
  readonly serial: number;
  /** The highest number that an acknowledgement has had; 0: none yet. */
  readonly number: number;
  /** Why nothing is acknowledged until the proxy is enrolled anew. */
  readonly suspended: string | null;
}

/** What an acknowledgement in the name of this proxy says of where it comes from. */
export interface OwnAck {
  readonly epoch: string;
  readonly number: number;
  /** Of the enrolment in it. */
  readonly serial: number;
}

/** What the epoch becomes when such an acknowledgement is seen; the same one when it is as it must be. Pure. */
export function judgeOwnAck(own: StoreEpoch, seen: OwnAck): StoreEpoch {
  const reason = contradiction(own, seen);
  return reason === undefined || own.suspended !== null ? own : { ...own, suspended: reason };
}

function contradiction(own: StoreEpoch, seen: OwnAck): string | undefined {
  if (seen.epoch === own.epoch)
    return seen.number > own.number
      ? `a neighbour has acknowledgement ${seen.number} of this store, which itself has got to ${own.number}: it was put back from an old copy`
      : undefined;
  if (seen.serial < own.serial) return undefined; // of a store that this one has replaced
  return `a neighbour has an acknowledgement of another store of this proxy, by enrolment ${seen.serial}; this one began under ${own.serial}`;
}

/** What the epoch becomes under an enrolment: a newer one ends a suspension, by another epoch. Pure. */
export function underEnrolment(
  own: StoreEpoch,
  serial: number,
  randomHex: (bytes: number) => string,
): StoreEpoch {
  if (own.suspended === null || serial <= own.serial) return own;
  return { epoch: randomHex(8), serial, number: 0, suspended: null };
}

/** @throws FerrymanError `proxy.epoch` when the file is not as it was written */
export function readEpoch({ epochFile }: ProxyPlaces): StoreEpoch | undefined {
  let text;
  try {
    text = readFileSync(epochFile, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  const found = parse(text);
  if (!found)
    throw new FerrymanError(
      'proxy.epoch',
      `${epochFile}: expected the epoch of the store, found another text`,
    );
  return found;
}

function parse(text: string): StoreEpoch | undefined {
  try {
    const value = JSON.parse(text) as Partial<StoreEpoch> | null;
    if (typeof value !== 'object' || value === null) return undefined;
    const { epoch, serial, number, suspended } = value;
    const isSound =
      typeof epoch === 'string' &&
      /^[0-9a-f]{16}$/.test(epoch) &&
      isCount(serial) &&
      isCount(number) &&
      (suspended === null || typeof suspended === 'string');
    return isSound ? { epoch, serial, number, suspended } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function writeEpoch({ store, epochFile }: ProxyPlaces, epoch: StoreEpoch): void {
  if (!existsSync(store)) makeFolder(store, 0o700);
  writeDurably(epochFile, `${JSON.stringify(epoch, null, 2)}\n`, { mode: 0o600, existing: 'replace' });
}
