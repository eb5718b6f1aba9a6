/** What a person sees on standard error while something goes on: a line per event, and on a terminal the time it takes. */
import type { Io } from '../command-line/io.ts';

/** Seconds without a line after which a terminal shows that work goes on. */
const patienceSeconds = 2;

/** Characters of the label, so that the line fits 80 columns and can be written over. */
const maxLabel = 64;

export class Progress {
  readonly #io: Io;
  #label: string;
  #since = process.hrtime.bigint();

  /** @param label what goes on at first */
  constructor(io: Io, label: string) {
    this.#io = io;
    this.#label = label;
  }

  /** A line that stays. @param label what goes on from now; left out: as before */
  say(line: string, label?: string): void {
    this.#io.err(`${this.#io.stderrIsTerminal ? '\r\u001b[K' : ''}${line.trimEnd()}\n`);
    this.expect(label ?? this.#label);
  }

  /** What goes on from now. */
  expect(label: string): void {
    this.#label = label;
    this.#since = process.hrtime.bigint();
  }

  /** Runs `work` and shows that it goes on; writes nothing of that kind where standard error is no terminal. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.#io.stderrIsTerminal) return work();
    const timer = setInterval(() => this.#beat(), 1000);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#io.err('\r\u001b[K');
    }
  }

  #beat(): void {
    const seconds = Number((process.hrtime.bigint() - this.#since) / 1_000_000_000n);
    if (seconds >= patienceSeconds)
      this.#io.err(`\r\u001b[K${this.#label.slice(0, maxLabel)}, ${seconds} s …`);
  }
}
