/**
 * A folder into which somebody else drops files, in no particular way: half-written, twice, or never finished. What all
 * channels with a folder are made of; each says which names it wants and what becomes of those that stay unproven.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { ChannelName } from './channel-name.ts';
import { isForWantOfTrust, type Arrival, type Channel } from './channel.ts';
import { setAside, type SetAside } from './set-aside.ts';

/** Names looked at; what stands after them in a folder that full is not seen. */
const maxNames = 100_000;
/** Files offered in one scan; more wait for the next. The inbox has room for what all channels offer at once. */
const maxOffered = 300;

/** Looks at a changing file before pauses begin, and the longest pause. */
const freeLooks = 3;
const maxPauseSeconds = 300;

export interface DropRules {
  readonly name: ChannelName;
  readonly folder: string;
  /** Which file names are offered. */
  wants(name: string): boolean;
  /** What becomes of a refused file that does not change any more; `undefined`: it stays. */
  readonly setAside: SetAside | undefined;
}

interface Seen {
  readonly fingerprint: string;
  readonly atSeconds: number;
  readonly refused: boolean;
  /** Refused only because the keys of this node do not vouch for it. */
  readonly untrusted: boolean;
  /** How often a file of this name was refused. */
  readonly looks: number;
}

export class DropFolder implements Channel {
  readonly name: ChannelName;
  readonly folder: string;
  readonly #rules: DropRules;
  /** What was looked at, by name; lost on a restart, which costs one more look. */
  #seen = new Map<string, Seen>();

  constructor(rules: DropRules) {
    this.name = rules.name;
    this.folder = rules.folder;
    this.#rules = rules;
  }

  scan(uptimeSeconds: number): Arrival[] {
    const present = this.#list();
    this.#seen = new Map([...this.#seen].filter(([name]) => present.has(name)));
    const arrivals: Arrival[] = [];
    for (const [name, fingerprint] of present) {
      const seen = this.#seen.get(name);
      if (seen?.fingerprint !== fingerprint) {
        if (arrivals.length === maxOffered || isTooSoon(seen, uptimeSeconds)) continue;
        arrivals.push({ channel: this.name, path: join(this.folder, name), fingerprint });
      } else if (this.#isQuiet(seen, uptimeSeconds)) {
        this.#setAside(name, seen);
      }
    }
    return arrivals;
  }

  accepted(arrival: Arrival): void {
    const name = basename(arrival.path);
    // A file that was written to since belongs to its writer: it is looked at again.
    if (this.#fingerprint(name) !== arrival.fingerprint) return;
    this.#seen.set(name, {
      fingerprint: arrival.fingerprint,
      atSeconds: 0,
      refused: false,
      untrusted: false,
      looks: 0,
    });
    rmSync(arrival.path, { force: true });
  }

  refused(arrival: Arrival, error: FerrymanError, uptimeSeconds: number): void {
    const name = basename(arrival.path);
    const looks = (this.#seen.get(name)?.looks ?? 0) + 1;
    this.#seen.set(name, {
      fingerprint: arrival.fingerprint,
      atSeconds: uptimeSeconds,
      refused: true,
      untrusted: isForWantOfTrust(error),
      looks,
    });
  }

  trustChanged(): void {
    this.#seen = new Map([...this.#seen].filter(([, { untrusted }]) => !untrusted));
  }

  /** Names to fingerprints; hidden files, folders and links are not looked at. */
  #list(): Map<string, string> {
    const present = new Map<string, string>();
    for (const name of this.#names()) {
      if (name.startsWith('.') || !this.#rules.wants(name)) continue;
      const fingerprint = this.#fingerprint(name);
      if (fingerprint !== undefined) present.set(name, fingerprint);
      if (present.size === maxNames) break;
    }
    return present;
  }

  #names(): string[] {
    try {
      return readdirSync(this.folder).toSorted();
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
      throw new FerrymanError(
        'source.unreadable',
        `${this.folder}: expected a readable folder: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  #fingerprint(name: string): string | undefined {
    let stat;
    try {
      stat = lstatSync(join(this.folder, name), { throwIfNoEntry: false, bigint: true });
    } catch (error) {
      if (isSystemError(error)) return undefined; // one spoiled entry of a failing medium: the others go on
      throw error;
    }
    return stat?.isFile() ? [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(':') : undefined;
  }

  #isQuiet({ refused, atSeconds }: Seen, uptimeSeconds: number): boolean {
    const { setAside: rule } = this.#rules;
    return refused && rule !== undefined && uptimeSeconds - atSeconds >= rule.afterSeconds;
  }

  #setAside(name: string, { untrusted }: Seen): void {
    // A parcel may become welcome when its key arrives: it is not removed where it cannot be moved.
    const elsewhere = untrusted ? 'leave' : 'remove';
    if (this.#rules.setAside) setAside(this.#rules.setAside, join(this.folder, name), elsewhere);
    if (!untrusted) this.#seen.delete(name);
  }
}

/** A file that is still being written is copied and refused at each look: after a few, the pauses double. */
function isTooSoon(seen: Seen | undefined, uptimeSeconds: number): boolean {
  if (!seen?.refused || seen.looks <= freeLooks) return false;
  return uptimeSeconds - seen.atSeconds < Math.min(2 ** (seen.looks - freeLooks), maxPauseSeconds);
}
