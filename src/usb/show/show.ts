/** What the technician sees: lamp, hook and page, driven together. None of them holds up or stops a visit. */
import { printable } from '../../parcel/printable.ts';
import { anythingElse, isPhoneCode } from './codes.ts';
import { Hook } from './hook.ts';
import { lampPatterns, type LampPatterns } from './lamp.ts';
import { Led } from './led.ts';
import { Page } from './page.ts';
import { noKey, type Phase } from './phase.ts';

export interface ShowOptions {
  /** What /sys stands under: `/`, but for tests and the demo. */
  readonly root: string;
  /** The node's GUID. */
  readonly node: string;
  /** As a folder under /sys/class/leds is called; empty: no lamp. */
  readonly led: string;
  /** What the lamp does, where not as {@link lampPatterns} says. */
  readonly patterns?: Partial<LampPatterns>;
  /** A program to be told each phase, with its first arguments; empty: none. */
  readonly command: readonly string[];
  /** Of the status page on loopback; 0: no page. */
  readonly port: number;
}

const hookTimeoutSeconds = 10;

export class Show {
  readonly #led: Led;
  readonly #hook: Hook;
  readonly #page: Page;

  /**
   * Shows that no key is in, and opens the page.
   *
   * @param tell is told in one line what does not work: a warning, once for each cause
   */
  constructor(
    { root, node, led, patterns = {}, command, port }: ShowOptions,
    tell: (warning: string) => void,
  ) {
    this.#led = new Led({ name: led, patterns: { ...lampPatterns, ...patterns } }, root, tell);
    this.#hook = new Hook({ command, node, timeoutSeconds: hookTimeoutSeconds }, tell);
    this.#page = new Page({ port, node }, noKey, tell);
    this.#led.set(noKey);
  }

  /** Returns at once. A failure without a code of the table gets the one for anything else. */
  set(phase: Phase): void {
    const shown = fitToShow(phase);
    this.#led.set(shown);
    this.#hook.set(shown);
    this.#page.set(shown);
  }

  /** Leaves the lamp as it was before, ends the hook at work, closes the page. */
  async close(): Promise<void> {
    await Promise.all([this.#led.close(), this.#hook.close(), this.#page.close()]);
  }
}

/** Texts may quote what stands on the key. */
function fitToShow({ kind, text, percent, code }: Phase): Phase {
  const known = isPhoneCode(code) ? code : anythingElse;
  return {
    kind,
    text: printable(text),
    ...(percent === undefined ? {} : { percent }),
    ...(kind === 'failed' ? { code: known } : {}),
  };
}
