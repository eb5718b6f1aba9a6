/**
 * What the daemon of a proxy does besides: it takes SMS from gammu-smsd, and tells people what is wrong in the fleet. Neither holds up
 * anything else; what stands in the way is told once, and waited out.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FerrymanError } from '../errors.ts';
import type { AlertLoop } from '../fleet/alerts/alert-loop.ts';
import { pauseSeconds } from '../plan/pause.ts';
import type { Context } from './context.ts';

/** gammu-smsd writes a file in an instant, but not at once. */
const quietMs = 10_000;
/** After a sweep that failed. */
const pauses = { firstSeconds: 30, maxSeconds: 600 };

export class ForTheOffice {
  readonly #context: Context;
  readonly #stop = new AbortController();
  #alerts: AlertLoop | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #problem = '';

  constructor(context: Context) {
    this.#context = context;
  }

  /** Begins, on a proxy, what is configured. */
  start(): void {
    const { node, sms } = this.#context.config;
    if (node.role !== 'proxy') return;
    const works = [
      this.#startAlerts().catch((error: unknown) => this.#tellDefect('alerts', error)),
      ...(sms.receive ? [this.#receive().catch((error: unknown) => this.#tellDefect('sms', error))] : []),
    ];
    this.#work = Promise.all(works);
  }

  /** Nothing is taken in or told any more. */
  stop(): void {
    this.#stop.abort();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#work;
    await this.#alerts?.close();
  }

  /** Also where nobody is to be told: `ferryman alerts list` and the page show what is found. */
  async #startAlerts(): Promise<void> {
    const { layout, config, tell } = this.#context;
    const { makeAlertLoop } = await import('../fleet/alerts/node-alerts.ts');
    if (this.#stop.signal.aborted) return;
    this.#alerts = makeAlertLoop(layout, config, (level, text) => tell({ level, subject: 'alerts', text }));
    this.#alerts.start();
  }

  async #receive(): Promise<void> {
    const { signal } = this.#stop;
    const { layout, config, tell } = this.#context;
    const { receiveSms } = await import('./receive-sms.ts');
    let failures = 0;
    while (!signal.aborted) {
      let seconds = config.channels.rescanSeconds;
      try {
        const { taken, unbelieved } = await receiveSms(layout, config, Date.now() - quietMs);
        if (taken + unbelieved > 0)
          tell({ level: 'info', subject: 'sms', text: `${taken} taken, ${unbelieved} not believed` });
        failures = 0;
        this.#problem = '';
      } catch (error) {
        failures += 1;
        seconds = pauseSeconds(failures, pauses);
        this.#tellProblem(error);
      }
      await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Of work that ends by it, alone. */
  #tellDefect(subject: string, error: unknown): void {
    const text = `does not work until ferryman is started again: ${String(error)}`;
    this.#context.tell({ level: 'error', subject, text });
  }

  /** What is no expected failure is a defect of this work alone: the rest of the daemon goes on. */
  #tellProblem(error: unknown): void {
    const text = error instanceof FerrymanError ? `${error.message} [${error.code}]` : String(error);
    if (text !== this.#problem) this.#context.tell({ level: 'warning', subject: 'sms', text });
    this.#problem = text;
  }
}
