/**
 * The folders of gammu-smsd's FILES service. A text to be sent is a file in `outbox`, which appears there whole, under a name that says
 * which text it is: so it can be seen whether gammu-smsd has it already. Source: gammu-smsd-files(7).
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sweepParts, writeDurably } from '../durable/write-file.ts';

/** Texts that gammu-smsd has not sent: with more, something is wrong with it, and its disk is not to be filled. */
const maxWaiting = 100;
/** Of our texts in `sent` and in `error`: nobody else removes them. */
const maxKept = 200;

export interface SmsFile {
  readonly incarnation: string;
  readonly counter: number;
  readonly phone: string;
}

/** gammu-smsd sends in the order of the names, whatever date they tell: there is none to go by here. */
function nameOf({ incarnation, counter, phone }: SmsFile): string {
  return `OUTC19700101_000000_${String(counter).padStart(16, '0')}_${phone}_ferryman-${incarnation}.txt`;
}

const ownName = /^OUTC19700101_000000_\d{16}_\+?\d{3,15}_ferryman-[0-9a-z]{4}\.txt$/;

export class GammuSpool {
  readonly #outbox: string;
  readonly #done: readonly string[];

  constructor(spool: string) {
    this.#outbox = join(spool, 'outbox');
    this.#done = [join(spool, 'sent'), join(spool, 'error')];
  }

  /**
   * Hands a text to gammu-smsd, once: one that it has, or has had, is not written again.
   *
   * @throws system errors; Error when it has not sent what it has
   */
  hand(file: SmsFile, text: string): void {
    const name = nameOf(file);
    if ([this.#outbox, ...this.#done].some((folder) => existsSync(join(folder, name)))) return;
    const waiting = ownNames(this.#outbox).length;
    if (waiting >= maxWaiting)
      throw new Error(`expected gammu-smsd to send, found ${waiting} texts that wait for it`);
    // With a byte order mark it is read alike under any locale. Whoever gammu-smsd runs as must read it, and all of it goes on air.
    writeDurably(join(this.#outbox, name), Buffer.from(`\ufeff${text}`, 'utf16le'), {
      mode: 0o644,
      existing: 'replace',
    });
  }

  /** Removes what a crash has left half written, and the oldest of our texts that gammu-smsd is done with. */
  tidy(): void {
    sweepParts(this.#outbox);
    for (const folder of this.#done)
      for (const name of ownNames(folder).slice(0, -maxKept)) rmSync(join(folder, name), { force: true });
  }
}

/** Oldest first, within one life of the counter. */
function ownNames(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => ownName.test(name))
        .toSorted()
    : [];
}
