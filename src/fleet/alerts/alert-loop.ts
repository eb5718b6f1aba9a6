/**
 * Looks at the fleet again and again and tells people what is wrong. Runs beside the page of the office and beside the daemon of a proxy,
 * whichever are there: a lease in the store has one of them tell. Each road has a lane of its own: one that is slow or dead holds up no other,
 * is left alone for a pause that grows, also across restarts, and misses nothing. Why it is so: docs/decisions/0016.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FerrymanError } from '../../errors.ts';
import { pauseSeconds, type PauseLimits } from '../../plan/pause.ts';
import type { FleetStore } from '../store/open-store.ts';
import { decideIncidents } from './decide.ts';
import { readFindings, type FindingSource } from './findings.ts';
import type { IncidentKind } from './incident.ts';
import { IncidentStore, type Lane } from './incident-store.ts';
import type { AlertRoad } from './roads/road.ts';
import { LeaseStore } from './lease-store.ts';
import { StoreWatch } from './store-watch.ts';
import { decideTelling, type Telling, type TellingSettings } from './telling.ts';
import { alertMessage, testMessage } from './words.ts';

/** Between two looks. */
export const lookMs = 60_000;
/** Longer than a look and a message take: another machine takes over when it is over. */
export const leaseMs = 5 * 60_000;
export const leaseName = 'alerts';
const pauses: PauseLimits = { firstSeconds: 60, maxSeconds: 3600 };

export interface AlertSettings extends TellingSettings {
  /** Kinds that are told at all. */
  readonly kinds: readonly IncidentKind[];
  /** Address of the office page, for a link; '': none. */
  readonly page: string;
}

export interface AlertSurroundings {
  /** Opened anew where it was away. @throws FerrymanError `fleet.*` */
  readonly openStore: () => Promise<FleetStore>;
  readonly sourceOf: (store: FleetStore) => FindingSource;
  readonly roads: readonly AlertRoad[];
  readonly settings: AlertSettings;
  /** This process, among all that share the store. */
  readonly holder: string;
  readonly nowMs: () => number;
  /** Told once for each change. */
  readonly tell: (level: 'info' | 'warning', text: string) => void;
}

export class AlertLoop {
  readonly #at: AlertSurroundings;
  readonly #stop = new AbortController();
  readonly #lanes = new Map<string, Promise<void>>();
  /** Taken by a road, but the store was not there to hear of it: these are not sent again by this process. */
  readonly #unrecorded = new Map<string, { readonly telling: Telling; readonly atMs: number }>();
  readonly #watch: StoreWatch;
  #store: FleetStore | undefined;
  #work: Promise<void> = Promise.resolve();
  #problem = '';
  /** Whether it told last; `undefined`: the store has not answered yet. */
  #isHolder: boolean | undefined;

  constructor(surroundings: AlertSurroundings) {
    this.#at = surroundings;
    this.#watch = new StoreWatch(surroundings.settings);
  }

  start(): void {
    this.#work = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#work;
    await this.settled();
    if (this.#store && this.#isHolder)
      await new LeaseStore(this.#store).end(leaseName, this.#at.holder).catch(() => undefined);
    await this.forgetStore();
  }

  /** The next look opens it anew. */
  async forgetStore(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.close().catch(() => undefined);
  }

  /** Settles when no road is being told anything. */
  async settled(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes.values());
  }

  /** Looks once: begins to tell what is to be told, and returns. */
  async look(): Promise<void> {
    try {
      this.#store ??= await this.#at.openStore();
      await this.#lookAt(this.#store);
      this.#tellProblem('');
    } catch (error) {
      if (!(error instanceof FerrymanError)) throw error;
      this.#tellProblem(`${error.message} [${error.code}]`);
      await this.#whileAway(error);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.look().catch((error: unknown) => this.#tellProblem(String(error)));
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #lookAt(store: FleetStore): Promise<void> {
    const { holder, sourceOf, nowMs } = this.#at;
    const incidents = new IncidentStore(store);
    const now = nowMs();
    this.#isHolder = await new LeaseStore(store).take(leaseName, holder, now, leaseMs);
    if (!this.#isHolder) return;
    await this.#watch.answered(incidents, now);
    const findings = await readFindings(sourceOf(store), now);
    const { opened, closed } = await incidents.update((open) => decideIncidents(findings, open), now);
    for (const { text } of opened) this.#at.tell('warning', `begins: ${text}`);
    for (const { text } of closed) this.#at.tell('info', `is over: ${text}`);
    for (const road of this.#at.roads) this.#begin(road, () => this.#tell(road, incidents));
  }

  /** Where one of several machines tells, the others know that the store is away too, and keep silent. */
  async #whileAway(error: FerrymanError): Promise<void> {
    await this.forgetStore();
    if (this.#isHolder === false || !this.#at.settings.kinds.includes('store')) return;
    const now = this.#at.nowMs();
    this.#watch.away(error.message, now);
    for (const road of this.#at.roads)
      this.#begin(road, () => this.#watch.tell(road, this.#at.nowMs(), this.#stop.signal));
  }

  /** A road that is at work is left to it. */
  #begin(road: AlertRoad, work: () => Promise<void>): void {
    if (this.#lanes.has(road.name)) return;
    const lane = work()
      .catch((error: unknown) => this.#at.tell('warning', `${road.name}: ${String(error)}`))
      .finally(() => this.#lanes.delete(road.name));
    this.#lanes.set(road.name, lane);
  }

  async #tell(road: AlertRoad, incidents: IncidentStore): Promise<void> {
    const { nowMs, settings } = this.#at;
    await this.#record(road.name, incidents);
    const now = nowMs();
    const lane = await incidents.lane(road.name, now);
    // Not for ever: a clock may have been set back since.
    if (lane.retryAt !== null && lane.retryAt > now && lane.retryAt <= now + pauses.maxSeconds * 1000) return;
    const telling = decideTelling(
      await incidents.untold(road.name, settings.kinds, now),
      lane.lastToldAt,
      settings,
      now,
    );
    if (!telling) return;
    try {
      await road.send(alertMessage(telling, idOf(telling), settings.page), this.#stop.signal);
    } catch (error) {
      await this.#failed(error, lane, incidents);
      return;
    }
    this.#unrecorded.set(road.name, { telling, atMs: nowMs() });
    await this.#record(road.name, incidents);
    this.#at.tell('info', `${road.name} has taken ${telling.opened.length + telling.closed.length} news`);
  }

  async #record(road: string, incidents: IncidentStore): Promise<void> {
    const taken = this.#unrecorded.get(road);
    if (!taken) return;
    await incidents.setTold(road, taken.telling, taken.atMs);
    this.#unrecorded.delete(road);
  }

  async #failed(error: unknown, { name, failures: before }: Lane, incidents: IncidentStore): Promise<void> {
    if (!(error instanceof FerrymanError)) throw error;
    if (this.#stop.signal.aborted) return;
    const failures = before + 1;
    this.#at.tell('warning', `${error.message} [${error.code}]`);
    const retryAt = this.#at.nowMs() + pauseSeconds(failures, pauses) * 1000;
    await incidents.setFailing({ name, failures, problem: error.message, retryAt });
  }

  #tellProblem(problem: string): void {
    if (problem !== '' && problem !== this.#problem) this.#at.tell('warning', problem);
    this.#problem = problem;
  }
}

/** What one road said to a test. */
export interface Tested {
  readonly road: string;
  /** Without the name of the road; `null`: it was taken. */
  readonly problem: string | null;
}

/** Sends a test to every road, all at once. @param who asks for it, as people read it. @param id never used before */
export function testAlert(roads: readonly AlertRoad[], who: string, id: string): Promise<Tested[]> {
  const message = testMessage(who, id);
  return Promise.all(
    roads.map(async (road) => {
      try {
        await road.send(message, new AbortController().signal);
        return { road: road.name, problem: null };
      } catch (error) {
        if (!(error instanceof FerrymanError)) throw error;
        return { road: road.name, problem: error.message.replace(`${road.name}: `, '') };
      }
    }),
  );
}

/** The same for every try, and after a restart. */
function idOf({ opened, closed }: Telling): string {
  const first = [...opened, ...closed].map(({ id }) => id);
  return `ferryman-alert-${Math.min(...first)}-${Math.max(...first)}-${opened.length}-${closed.length}`;
}
