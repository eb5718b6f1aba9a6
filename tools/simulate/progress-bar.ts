/** A bar on standard error while a run lasts, where that is a terminal and somebody has begun to wait. */

export interface Terminal {
  readonly isTerminal: boolean;
  write(text: string): void;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
}

const patienceMs = 2000;
const paceMs = 200;
const cells = 40;

export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #since: number;
  #last = -Infinity;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#since = terminal.now();
  }

  /** @param done from 0 to 1 */
  show(done: number): void {
    const at = this.#terminal.now();
    if (!this.#terminal.isTerminal || at - this.#since < patienceMs || at - this.#last < paceMs) return;
    this.#last = at;
    const filled = Math.round(done * cells);
    const left =
      done > 0.01 ? `, about ${Math.ceil(((at - this.#since) * (1 - done)) / done / 1000)} s left` : '';
    this.#terminal.write(
      `\r\u001b[K[${'#'.repeat(filled)}${'.'.repeat(cells - filled)}] ${Math.floor(done * 100)} %${left}`,
    );
  }

  end(): void {
    if (this.#last > -Infinity) this.#terminal.write('\r\u001b[K');
  }
}
