/**
 * Slots: configured paths that count as a stick whenever something is there: block devices (a card reader that is not
 * USB) and image files. Block devices are looked up among lsblk's; this file knows the image files.
 *
 * We write to an image ourselves, so its times say nothing about whether it is another one: it is another when it was away, or
 * has another inode or time of birth.
 */
import { realpathSync, statSync, type BigIntStats } from 'node:fs';
import { isSystemError } from '../../errors.ts';
import type { Stick } from '../stick.ts';

interface SeenImage {
  readonly identity: string;
  readonly insertion: string;
}

export class ImageSlots {
  readonly #paths: readonly string[];
  #seen = new Map<string, SeenImage>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** The image files that are there now; empty ones are not. */
  look(): Stick[] {
    const images = this.#paths.flatMap((path) => {
      const stats = statOf(path);
      return stats?.isFile() && stats.size > 0n ? [{ path, stats }] : [];
    });
    this.#seen = new Map(images.map(({ path, stats }) => [path, this.#seenAs(path, stats)]));
    return images.map(({ path, stats }) => ({
      device: path,
      serial: undefined,
      insertion: this.#seen.get(path)?.insertion ?? path,
      sizeBytes: Number(stats.size),
    }));
  }

  /** True when a look would find something else than the last one did: also an image that was away only while that looked. */
  get haveChanged(): boolean {
    return this.#paths.some((path) => {
      const stats = statOf(path);
      const isThere = stats?.isFile() === true && stats.size > 0n;
      return (isThere ? identityOf(stats) : undefined) !== this.#seen.get(path)?.identity;
    });
  }

  #seenAs(path: string, stats: BigIntStats): SeenImage {
    const identity = identityOf(stats);
    const before = this.#seen.get(path);
    if (before?.identity === identity) return before;
    return { identity, insertion: `${path} ${stats.ino} ${stats.ctimeNs}` };
  }
}

function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${birthtimeNs}`;
}

/** A text that changes when something comes to a slot or goes; costs a stat for each. */
export function occupancy(slots: readonly string[]): string {
  return slots
    .map((path) => {
      const stats = statOf(path);
      if (!stats) return '-';
      return `${identityOf(stats)} ${stats.isFile() && stats.size === 0n}`;
    })
    .join(', ');
}

/** Where a slot leads: names below /dev/disk are links. */
export function slotTarget(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isSystemError(error)) return path;
    throw error;
  }
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    if (isSystemError(error)) return undefined; // not there, or its disk fails: nothing to read from either way
    throw error;
  }
}
