/**
 * Tells a program of the operator each phase: to ring a bell, light a lamp of its own, send a message. It gets the kind and the code (or
 * an empty word) as its last two arguments and the text on standard input. One runs at a time; while it runs only the newest phase waits,
 * so a slow program misses what lies between, never the end. Nothing waits for it.
 */
import { cut } from '../../command-line/columns.ts';
import { runCommand } from '../../host/run-command.ts';
import { printable } from '../../parcel/printable.ts';
import { saysTheSame, type Phase } from './phase.ts';

/** Of a problem that is told. */
const maxColumns = 200;

export interface HookSettings {
  /** The program and its first arguments; empty: no hook. */
  readonly command: readonly string[];
  /** The node's GUID, given as `FERRYMAN_NODE`. */
  readonly node: string;
  readonly timeoutSeconds: number;
}

export class Hook {
  readonly #settings: HookSettings;
  readonly #tell: (problem: string) => void;
  readonly #stop = new AbortController();
  #last: Phase | undefined;
  /** Waits to be told; newer ones take its place. */
  #next: Phase | undefined;
  /** Settles when the program is not at work and nothing waits; never rejects. */
  #lane: Promise<void> | undefined;
  #problem: string | undefined;

  /** @param tell is told why a call has failed; once, until one goes well or fails for another reason */
  constructor(settings: HookSettings, tell: (problem: string) => void) {
    this.#settings = settings;
    this.#tell = tell;
  }

  /** Returns at once. A phase that says the same as the last one, but for its percentage, is not told. */
  set(phase: Phase): void {
    if (this.#settings.command.length === 0 || this.#stop.signal.aborted) return;
    if (this.#last && saysTheSame(this.#last, phase)) return;
    this.#last = phase;
    this.#next = phase;
    this.#lane ??= this.#work();
  }

  /** Ends a program that is at work; what waits is not told. */
  async close(): Promise<void> {
    this.#next = undefined;
    this.#stop.abort();
    await this.#lane;
  }

  async #work(): Promise<void> {
    while (this.#next) {
      const phase = this.#next;
      this.#next = undefined;
      const problem = await this.#call(phase);
      if (this.#stop.signal.aborted) return;
      if (problem !== undefined && problem !== this.#problem)
        this.#tell(`hook ${this.#settings.command[0]}: ${problem}`);
      this.#problem = problem;
    }
    this.#lane = undefined; // in the same breath as the last look at what waits: nothing can come in between
  }

  async #call({ kind, code = '', text }: Phase): Promise<string | undefined> {
    const { command, node, timeoutSeconds } = this.#settings;
    try {
      const env = { FERRYMAN_NODE: node };
      const signal = this.#stop.signal;
      const problem = await runCommand([...command, kind, code], {
        input: text,
        env,
        timeoutSeconds,
        signal,
      });
      return problem === undefined ? undefined : firstLine(problem);
    } catch (error) {
      return firstLine(String(error)); // whatever it is, a visit does not end because of a program beside it
    }
  }
}

/** Of what a program has said, which may be anything. */
function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n', 1);
  return cut(printable(line), maxColumns);
}
