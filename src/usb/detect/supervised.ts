/**
 * Keeps a back end's program running. One that dies is started again after a pause that doubles with each death; one that has lived
 * long enough starts over with the shortest pause. One that can never work here is told of once and is off.
 */
import type { ChildProcess } from 'node:child_process';
import type { BackEnd, Heard } from './back-ends.ts';
import { onLines } from './lines.ts';
import { startProgram } from './start-program.ts';
import type { Tell } from './tell.ts';

export interface RestartPauses {
  readonly firstMs: number;
  readonly longestMs: number;
  /** A child that lived this long did not fail at once. */
  readonly steadyMs: number;
}

export const restartPauses: RestartPauses = { firstMs: 1000, longestMs: 300_000, steadyMs: 60_000 };

export interface SupervisedSettings {
  readonly backEnd: BackEnd;
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly pauses: RestartPauses;
}

export interface SupervisedListener {
  /** Something has changed, or it listens from here on, so that something may have changed before. */
  hint(): void;
  /** {@link Supervised.isUp} has changed. */
  turned(): void;
  readonly tell: Tell;
}

export class Supervised {
  readonly #settings: SupervisedSettings;
  readonly #listener: SupervisedListener;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs: number;
  #isUp = false;
  #isOff = false;

  constructor(settings: SupervisedSettings, listener: SupervisedListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#pauseMs = settings.pauses.firstMs;
  }

  /** True while it listens. */
  get isUp(): boolean {
    return this.#isUp;
  }

  start(): void {
    const { backEnd, environment } = this.#settings;
    const why = backEnd.command.length === 0 ? backEnd.unavailable(null) : undefined;
    if (why !== undefined) {
      this.#turnOff(why);
      return;
    }
    const startedAt = performance.now();
    const child = startProgram(backEnd.command, environment, 'pipe');
    if (child instanceof Error) {
      this.#restart(child.message, startedAt);
      return;
    }
    this.#child = child;
    this.#gone = this.#follow(child, startedAt);
    child.stdin?.on('error', () => undefined); // EPIPE: it has died
    if (child.stdout)
      onLines(child.stdout, (line) => child === this.#child && this.#hear(backEnd.read(line)));
  }

  /** Settles when the child is gone; one that the kernel does not let go is waited for a short while. */
  async close(): Promise<void> {
    this.#isOff = true;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGKILL');
    const patience = new AbortController();
    await Promise.race([this.#gone, waited(closeMs, patience.signal)]);
    patience.abort();
    this.#child?.unref();
    this.#setUp(false);
  }

  #hear(heard: Heard): void {
    if (heard === undefined || this.#isOff) return;
    if (typeof heard === 'object') {
      this.#turnOff(heard.unavailable);
      return;
    }
    if (heard === 'ready') {
      this.#listener.tell('debug', `${this.#settings.backEnd.name} listens`);
      this.#setUp(true);
    }
    this.#listener.hint();
  }

  #follow(child: ChildProcess, startedAt: number): Promise<void> {
    return new Promise((resolve) => {
      const ended = (how: string, status: number | null) => {
        resolve();
        if (child !== this.#child) return; // an error is followed by a close
        this.#child = undefined;
        this.#setUp(false);
        child.stdin?.destroy();
        child.stdout?.destroy();
        const why = this.#settings.backEnd.unavailable(status);
        if (why === undefined) this.#restart(how, startedAt);
        else this.#turnOff(why);
      };
      // Not at its exit: its last line, which may say that it is of no use here, may still be in the pipe.
      child.once('close', (status, signal) => ended(signal ?? `exit status ${status}`, status));
      child.once('error', (error) => {
        if (child.pid === undefined) ended(error.message, isMissing(error) ? missingStatus : null);
      });
    });
  }

  #restart(how: string, startedAt: number): void {
    if (this.#isOff) return;
    const { pauses, backEnd } = this.#settings;
    if (performance.now() - startedAt >= pauses.steadyMs) this.#pauseMs = pauses.firstMs;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, pauses.longestMs);
    this.#listener.tell(
      'info',
      `${backEnd.name} has ended (${how}); it is started again in ${pauseMs / 1000} s`,
    );
    this.#timer = setTimeout(() => this.start(), pauseMs);
  }

  #turnOff(why: string): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#child?.kill('SIGKILL');
    this.#listener.tell('info', `${this.#settings.backEnd.name} is not used: ${why}`);
    this.#setUp(false);
  }

  #setUp(isUp: boolean): void {
    if (this.#isUp === isUp) return;
    this.#isUp = isUp;
    this.#listener.turned();
  }
}

const closeMs = 2000;
/** As a shell tells it. */
const missingStatus = 127;

function isMissing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'EACCES';
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
