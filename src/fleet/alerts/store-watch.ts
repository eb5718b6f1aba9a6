/**
 * That the fleet store itself does not answer has to be told without it: this one incident is kept in memory, what each road knows of it too.
 * When the store is back, it is entered there, and its end is told like any other. A restart meanwhile forgets it, and begins it anew.
 */
import type { IncidentStore } from './incident-store.ts';
import type { Finding, Incident } from './incident.ts';
import type { AlertRoad } from './roads/road.ts';
import { decideTelling, type TellingSettings } from './telling.ts';
import { alertMessage } from './words.ts';

/** A database that is started again is no incident. */
const patienceMs = 3 * 60_000;
/** Between two tries of a road that failed. */
const retryMs = 5 * 60_000;

export class StoreWatch {
  readonly #settings: TellingSettings & { readonly page: string };
  #since: number | undefined;
  /** When it first answered again, while a road is still being told that it does not. */
  #backAt: number | undefined;
  #sending = 0;
  #text = '';
  /** Roads that have been told. */
  readonly #told = new Set<string>();
  readonly #retryAt = new Map<string, number>();

  /** @param settings with the address of the office page; '': none */
  constructor(settings: TellingSettings & { readonly page: string }) {
    this.#settings = settings;
  }

  /** The store did not answer. @param problem in the words of whoever noticed */
  away(problem: string, nowMs: number): void {
    this.#since ??= nowMs;
    this.#backAt = undefined;
    this.#text = `the fleet store does not answer: ${problem}`;
  }

  /** The store answers: what was told while it was away is entered, and its end is told from there. */
  async answered(incidents: IncidentStore, nowMs: number): Promise<void> {
    const since = this.#since;
    if (since === undefined) return;
    this.#backAt ??= nowMs;
    // Who is being told of the beginning is to hear of the end: the next look knows.
    if (this.#sending > 0) return;
    if (this.#told.size > 0)
      await incidents.addPassed(this.#finding, { openedAt: since, closedAt: this.#backAt }, [...this.#told]);
    this.#since = undefined;
    this.#backAt = undefined;
    this.#told.clear();
    this.#retryAt.clear();
  }

  /** Tells one road, once. @throws FerrymanError `alerts.failed` */
  async tell(road: AlertRoad, nowMs: number, stop: AbortSignal): Promise<void> {
    const since = this.#since;
    if (since === undefined || nowMs < since + patienceMs || this.#told.has(road.name)) return;
    if (nowMs < (this.#retryAt.get(road.name) ?? 0)) return;
    const incident: Incident = { ...this.#finding, id: 0, openedAt: since, closedAt: null };
    const known = [{ incident, isOpeningTold: false, isClosingTold: false }];
    const telling = decideTelling(known, null, this.#settings, nowMs);
    if (!telling) return;
    this.#retryAt.set(road.name, nowMs + retryMs);
    this.#sending += 1;
    try {
      await road.send(alertMessage(telling, `ferryman-alert-store-${since}`, this.#settings.page), stop);
      this.#told.add(road.name);
    } finally {
      this.#sending -= 1;
    }
  }

  get #finding(): Finding {
    return {
      kind: 'store',
      subject: '',
      text: this.#text,
      count: 0,
      sinceAt: this.#since ?? null,
      isCovered: false,
    };
  }
}
