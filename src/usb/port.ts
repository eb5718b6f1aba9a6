/**
 * The USB port of a node: keys come and go, one at a time is visited, what became of their updates is shown, and written back
 * when the key is still in.
 *
 * Stands beside the controller, never in its way: what is copied stands in the inbox, and goes from there like all parcels.
 */
import { FerrymanError, type ErrorCode } from '../errors.ts';
import { isSameKey, mayBeBack } from './loose-contact.ts';
import { failedPhase, isAtRest, outcomePhase } from './outcome-phase.ts';
import { openVolume } from './read/volume.ts';
import { giveReport } from './report/give-report.ts';
import { noKey, type Phase } from './show/phase.ts';
import type { Stick } from './stick.ts';
import type { Surroundings } from './surroundings.ts';
import { unrecordedVisit, visitKey, type Visit } from './visit.ts';

/** What is shown when several keys are in: the first of these that one of them has come to. */
const gravest: readonly Phase['kind'][] = ['running', 'safe', 'failed', 'done'];

/** A key that has been visited and is still in, or whose outcome is still shown. */
interface Visited {
  visit: Visit;
  /** By the clock that never jumps, in milliseconds: when it was pulled last. */
  goneAt?: number;
  /** By the same clock: since then it is out, and all that it brought at rest. */
  outAtRestSince?: number | undefined;
  /** What became of its updates stands on the key. */
  isReported: boolean;
}

export class UsbPort {
  readonly #surroundings: Surroundings;
  readonly #stop: AbortSignal;
  /** By insertion: keys that are in. Aborted when they are pulled. */
  readonly #present = new Map<string, AbortController>();
  #visited: readonly Visited[] = [];
  /** Everything that touches a key, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #steps = 0;
  /** By the clock that never jumps, in milliseconds: until then nothing else is shown than that the key may be pulled. */
  #safeUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param stop aborted when the daemon stops */
  constructor(surroundings: Surroundings, stop: AbortSignal) {
    this.#surroundings = surroundings;
    this.#stop = stop;
    // Not AbortSignal.any: it would keep something of every visit for as long as `stop` lives.
    stop.addEventListener('abort', () => {
      for (const key of this.#present.values()) key.abort(stop.reason);
    });
  }

  inserted(stick: Stick): void {
    const pulled = new AbortController();
    this.#present.set(stick.insertion, pulled);
    const at = performance.now();
    this.#enqueue(() => this.#receive(stick, pulled.signal, at));
  }

  removed({ insertion, device }: Stick): void {
    const text = `${device}: expected the key to stay in, it is gone`;
    this.#present.get(insertion)?.abort(new FerrymanError('usb.pulled', text));
    this.#present.delete(insertion);
    for (const one of this.#visited)
      if (one.visit.stick.insertion === insertion) one.goneAt = performance.now();
    this.#surroundings.tell({ level: 'info', subject: 'usb', text: `${device} was pulled out` });
    this.look();
  }

  /** Something has happened to an update: shows it, and writes the results to the key when all has come to rest. */
  look(): void {
    try {
      this.#look();
    } catch (error) {
      this.#tellProblem(error); // whoever has news of an update is not held up by it
    }
  }

  #look(): void {
    if (this.#steps > 0 || this.#stop.aborted) return; // looked at again when the key is closed
    clearTimeout(this.#timer);
    const holdMs = this.#safeUntil - performance.now();
    if (holdMs > 0) {
      this.#surroundings.show({ kind: 'safe', text: 'All is copied. You may pull the key out.' });
      this.#timer = setTimeout(() => this.look(), holdMs).unref();
      return;
    }
    const phases = this.#visited.map((one) => this.#lookAt(one));
    if (this.#steps > 0) return; // the key has to stay in for a moment
    if (this.#forgetOld()) return this.#look();
    const shown = gravest.flatMap((kind) => phases.find((phase) => phase.kind === kind) ?? [])[0];
    if (shown) this.#surroundings.show(shown);
  }

  #lookAt(one: Visited): Phase {
    const phase = this.#phaseOf(one.visit);
    const isResting = isAtRest(phase);
    if (!isResting) one.isReported = false;
    else if (!one.isReported && this.#canBeTold(one.visit)) this.#enqueue(() => this.#writeBack(one));
    const isOut = !this.#present.has(one.visit.stick.insertion);
    one.outAtRestSince = isResting && isOut ? (one.outAtRestSince ?? performance.now()) : undefined;
    return phase;
  }

  /** Or looks again when it is time to: a lamp must not tell the next person of a key that nobody remembers. @returns true when it did */
  #forgetOld(): boolean {
    const leftMs = ({ outAtRestSince = Number.POSITIVE_INFINITY }: Visited): number =>
      outAtRestSince + this.#surroundings.shownForMs - performance.now();
    const kept = this.#visited.filter((one) => leftMs(one) > 0);
    const hasForgotten = kept.length < this.#visited.length;
    this.#visited = kept;
    if (hasForgotten && kept.length === 0) this.#surroundings.show(noKey);
    const nextMs = Math.min(...kept.map(leftMs));
    if (Number.isFinite(nextMs)) this.#timer = setTimeout(() => this.look(), nextMs).unref();
    return hasForgotten;
  }

  /** Waits for the keys that are in now, not for those that come meanwhile. @returns true when there was something to wait for */
  async atWork(): Promise<boolean> {
    const isBusy = this.#steps > 0;
    await this.#work;
    return isBusy;
  }

  /** Settles when nothing touches a key any more. */
  async settled(): Promise<void> {
    for (let work; work !== this.#work;) await (work = this.#work);
  }

  #enqueue(step: () => Promise<void>): void {
    this.#steps += 1;
    this.#work = this.#doAfter(this.#work, step);
  }

  /** What is shown when a step fails must not stay "leave the key in": each is followed by a look, however it ends. */
  async #doAfter(before: Promise<void>, step: () => Promise<void>): Promise<void> {
    await before;
    try {
      await step();
    } catch (error) {
      this.#tellProblem(error);
    }
    this.#steps -= 1;
    this.look();
  }

  /** @param at when it was noticed */
  async #receive(stick: Stick, signal: AbortSignal, at: number): Promise<void> {
    if (signal.aborted || this.#stop.aborted) return; // it was in for too short a time to be looked at
    const before = this.#visited.find(
      ({ visit, goneAt }) =>
        goneAt !== undefined &&
        at - goneAt < this.#surroundings.looseForMs &&
        mayBeBack(this.#surroundings, visit, stick),
    );
    if (!before) return this.#visit(stick, signal);
    this.#surroundings.show({ kind: 'plugged', text: 'The key is back.' });
    const isSame = await isSameKey(this.#surroundings, before.visit, stick, signal);
    if (signal.aborted) before.goneAt = performance.now();
    else if (isSame) this.#goOn(before, stick);
    else await this.#visit(stick, signal);
  }

  #goOn(before: Visited, stick: Stick): void {
    before.visit = { ...before.visit, stick };
    delete before.goneAt;
    const text = `${stick.device} is back: a loose contact, the visit goes on`;
    this.#surroundings.tell({ level: 'info', subject: 'usb', text });
  }

  async #visit(stick: Stick, signal: AbortSignal): Promise<void> {
    this.#visited = this.#visited.filter(
      ({ visit: { stick: other } }) =>
        this.#present.has(other.insertion) && other.insertion !== stick.insertion,
    );
    try {
      const visit = await visitKey(this.#surroundings, stick, signal);
      const gone = signal.aborted ? { goneAt: performance.now() } : {};
      this.#visited = [{ visit, isReported: visit.isTold, ...gone }, ...this.#visited];
      if (!visit.problem && visit.digests.length > 0)
        this.#safeUntil = performance.now() + this.#surroundings.safeForMs;
    } catch (error) {
      this.#visited = [{ visit: unrecordedVisit(stick, error), isReported: true }, ...this.#visited];
      throw error;
    }
  }

  #canBeTold({ admission, stick, isWritable, problem }: Visit): boolean {
    const isAnswering = problem?.code !== 'usb.stalled';
    return isWritable && isAnswering && admission?.pass !== undefined && this.#present.has(stick.insertion);
  }

  async #writeBack(visited: Visited): Promise<void> {
    const { id, stick, admission, problem, fileSystem } = visited.visit;
    const pulled = this.#present.get(stick.insertion);
    if (!admission || !pulled) return;
    visited.isReported = true; // or, if it fails, at the next insertion
    const { signal } = pulled;
    try {
      const volume = await openVolume(stick.device, { signal, path: this.#surroundings.path });
      try {
        if (volume.fileSystem.uuid === fileSystem?.uuid)
          await giveReport(this.#surroundings, volume, { id, admission, problem, next: [] });
      } finally {
        await volume.close();
      }
    } catch (error) {
      if (signal.aborted) visited.isReported = false; // it is owed to a key that has only lost contact
      throw error;
    }
  }

  #phaseOf({ id, problem }: Visit): Phase {
    if (problem) return failedPhase(problem.code);
    const { updates, refusals, notices, usb } = this.#surroundings.ledger;
    const files = usb.files(id);
    const copied = files.filter(({ fileHash }) => fileHash !== null);
    const known = copied.flatMap(({ digest }) => (digest === null ? [] : (updates.find(digest) ?? [])));
    const refused = copied.filter(({ fileHash }) => fileHash !== null && refusals.find(fileHash)).length;
    const heeded = copied.flatMap(({ digest }) => (digest === null ? [] : (notices.find(digest) ?? [])));
    const unread = Math.max(0, copied.length - known.length - refused - heeded.length);
    const outcome = outcomePhase(known, { unread, refused, notices: heeded });
    const notTaken = files.find(({ code }) => code !== null && code !== 'usb.left-alone');
    if (outcome.kind !== 'done' || !notTaken) return outcome;
    return failedPhase(notTaken.code as ErrorCode);
  }

  #tellProblem(error: unknown): void {
    if (this.#stop.aborted) return;
    const text =
      error instanceof FerrymanError
        ? `${error.message} [${error.code}]`
        : `a defect in ferryman, please report it: ${error instanceof Error ? error.stack : String(error)}`;
    this.#surroundings.tell({ level: 'warning', subject: 'usb', text });
  }
}
