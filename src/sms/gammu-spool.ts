/**
 * The folders of gammu-smsd's FILES service. A text to be sent is a file in `outbox`, which appears there whole, under a name that says
 * which text it is: so it can be seen whether gammu-smsd has it already. Source: gammu-smsd-files(7).
 *
 * gammu-smsd 1.42 tries the first file of `outbox` for ever, reading the folder anew before each try: a number that takes nothing would
 * keep back all others. So what waits behind a first text that does not go is named ahead of it. What may be renamed: gammu-smsd has no
 * text in hand but the one that was first when it last looked, and none for longer than {@link patienceMs}. While the first text
 * stands there, that is none of those behind it. The first text itself is left alone.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder, sweepParts, writeDurably } from '../durable/write-file.ts';
import { isSystemError } from '../errors.ts';
import {
  firstTicket,
  identityOf,
  parseSpoolName,
  spoolName,
  type SmsFile,
  type Spooled,
} from './spool-name.ts';

/** Texts that gammu-smsd has not got to: with more, something is wrong with it, and its disk is not to be filled. */
const maxWaiting = 100;
/** Of our texts in `sent` and in `error`: nobody else removes them. */
const maxKept = 200;
/** Texts to one number that wait while later ones to others have gone out: what is older is given up. */
const maxPassedOver = 5;
/** Longer than gammu-smsd has one text in hand: it waits 30 s (`SendTimeout`) for the network, and seldom longer for the modem. */
const patienceMs = 180_000;
/** When every number has been first and nothing has gone, it is not the numbers: then disks are not worn by renaming. */
const idleMs = 900_000;

export class GammuSpool {
  readonly #outbox: string;
  readonly #sent: string;
  readonly #error: string;
  readonly #nowMs: () => number;
  /** The text that is first, and since when it has been seen there. */
  #first: { readonly name: string; readonly sinceMs: number } | undefined;
  /** Which texts there were when others were last let pass, and how often that was done for the very same ones. */
  #passes = { texts: '', count: 0 };

  /** @param nowMs any clock that goes only forward, and stands still while the machine sleeps */
  constructor(spool: string, nowMs: () => number) {
    this.#outbox = join(spool, 'outbox');
    this.#sent = join(spool, 'sent');
    this.#error = join(spool, 'error');
    this.#nowMs = nowMs;
  }

  /**
   * Hands a text to gammu-smsd, once, behind those that wait: one that it has, or has had, is not written again.
   *
   * @throws system errors; Error when it has not sent what it has
   */
  hand(file: SmsFile, text: string): void {
    const outbox = spooled(this.#outbox);
    const sent = spooled(this.#sent);
    const known = [...outbox, ...sent, ...spooled(this.#error)];
    if (known.some((one) => identityOf(one) === identityOf(file))) return;
    const waiting = outbox.filter((one) => !isPassedOver(one, sent)).length;
    if (waiting >= maxWaiting)
      throw new Error(`expected gammu-smsd to send, found ${waiting} texts that wait for it`);
    const ticket = Math.max(firstTicket, ...outbox.map((one) => one.ticket + 1));
    // With a byte order mark it is read alike under any locale. Whoever gammu-smsd runs as must read it, and all of it goes on air.
    writeDurably(join(this.#outbox, spoolName(file, ticket)), Buffer.from(`\ufeff${text}`, 'utf16le'), {
      mode: 0o644,
      existing: 'replace',
    });
  }

  /**
   * Removes what a crash has left half written, and the oldest of our texts that gammu-smsd is done with; sees to it that no number keeps
   * the others waiting. To be called now and then.
   *
   * @throws system errors
   */
  tidy(): void {
    sweepParts(this.#outbox);
    for (const folder of [this.#sent, this.#error])
      for (const { name } of spooled(folder).toSorted(byCounter).slice(0, -maxKept))
        rmSync(join(folder, name), { force: true });
    const [first, ...behind] = spooled(this.#outbox);
    if (!first || !this.#hasStoodLong(first, behind)) return;
    const kept = this.#giveUp(first, behind);
    this.#letPass(first, kept);
  }

  #hasStoodLong(first: Spooled, behind: readonly Spooled[]): boolean {
    const nowMs = this.#nowMs();
    if (this.#first?.name !== first.name) this.#first = { name: first.name, sinceMs: nowMs };
    const texts = textsOf([first, ...behind]);
    if (texts !== this.#passes.texts) this.#passes = { texts, count: 0 };
    const numbers = new Set([first, ...behind].map(({ phone }) => phone)).size;
    return nowMs - this.#first.sinceMs >= (this.#passes.count < numbers ? patienceMs : idleMs);
  }

  /** Moves the oldest texts to a number that takes none to `error`. @returns what still waits */
  #giveUp(first: Spooled, behind: readonly Spooled[]): Spooled[] {
    const sent = spooled(this.#sent);
    const passedOver = behind.filter((one) => isPassedOver(one, sent)).toSorted(byCounter);
    const given = new Set<Spooled>();
    for (const phone of new Set(passedOver.map((one) => one.phone)))
      for (const one of passedOver.filter((each) => each.phone === phone).slice(0, -maxPassedOver))
        if (this.#rename(first, one, join(this.#error, one.name))) given.add(one);
    return behind.filter((one) => !given.has(one));
  }

  /** The first text's number has had its time: the others come next, in their order. */
  #letPass(first: Spooled, behind: readonly Spooled[]): void {
    const others = behind.filter(({ phone }) => phone !== first.phone);
    if (others.length === 0) return;
    const next = [...others, ...behind.filter(({ phone }) => phone === first.phone)];
    for (const [index, one] of next.entries())
      this.#rename(first, one, join(this.#outbox, spoolName(one, first.ticket - next.length + index)));
    syncFolder(this.#outbox);
    this.#passes.count++;
  }

  /**
   * @returns false when `first` has gone: then gammu-smsd may have `one` in hand, and would send it again under its other name. Cut in the
   *   midst, some texts are ahead and some are not; each is there once.
   */
  #rename(first: Spooled, one: Spooled, to: string): boolean {
    if (!existsSync(join(this.#outbox, first.name))) return false;
    try {
      renameSync(join(this.#outbox, one.name), to);
      return true;
    } catch (error) {
      // A person has taken it away, or the folder `error`; or that is on another disk: then it goes on waiting.
      if (isSystemError(error, 'ENOENT', 'EXDEV')) return false;
      throw error;
    }
  }
}

/** Whether a later outcome has been sent: so gammu-smsd sends, and it is the number that takes nothing. */
function isPassedOver({ incarnation, counter }: Spooled, sent: readonly Spooled[]): boolean {
  return sent.some((one) => one.incarnation === incarnation && one.counter > counter);
}

/** Our texts in a folder, in the order in which gammu-smsd takes them. */
function spooled(folder: string): Spooled[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => parseSpoolName(name) ?? []);
}

/** The same whatever their turns. */
function textsOf(spool: readonly Spooled[]): string {
  return spool.map(identityOf).toSorted().join(' ');
}

/** Oldest first, within one life of the counter. */
function byCounter(one: Spooled, other: Spooled): number {
  return one.counter - other.counter;
}
