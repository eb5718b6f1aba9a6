/**
 * One contact: this node fetches what it lacks from a neighbour. Bounded in time and bytes; what has come whole by its end counts,
 * whatever ended it.
 */
import { FerrymanError } from '../../errors.ts';
import type { Role } from '../../parcel/recipients.ts';
import { maxSummaryBytes } from '../../parcel/limits.ts';
import { openSummary, type Summary } from '../../parcel/summary.ts';
import { listWants, maxWants, type Want } from '../decide/wants.ts';
import { freeBytesOf } from '../pool/free-bytes.ts';
import type { ArchiveIntake } from '../pool/taker.ts';
import type { Peer } from '../peer.ts';
import { makeBatches, offeredPath, type WantedBatch } from './batches.ts';
import { Connection } from './connection.ts';
import { howItEnded } from './how-it-ended.ts';
import { pullerFacts, type Pulling } from './puller-facts.ts';
import { fetchBatch } from './rsync.ts';
import { bytesBelow, openStaging } from './staging.ts';
import { takeParcels, type Staged } from './take-parcels.ts';
import type { Talk } from './talk.ts';
import type { Unprivileged } from './unprivileged.ts';

/** Who keeps others waiting for longer has nothing to give. */
const usualSummaryMs = 60_000;

/** Left on the disk, whatever a neighbour offers: what does not come whole stays there for a while. */
const reserveBytes = 128 * 1024 * 1024;

/** Of a contact, what is told by name. */
const maxWrongNames = 20;

const asMuchAsMayCome = 'as many bytes as one contact may bring, or as there is room for';

/** What of a contact is remembered. Spec: docs/format.md §16 */
export interface Met {
  readonly role: Role | '';
  readonly seconds: number;
  /** Of these, to prove what came and to bring it to its place on the disk. */
  readonly provingSeconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly parcelsIn: number;
  /** Why it stopped. */
  readonly reason: string;
  /** Something has come, if only a part of a large parcel. */
  readonly hasBrought: boolean;
  readonly problem: FerrymanError | undefined;
  /** It came to its end before all was fetched that the neighbour has and that was asked for: to be met again. */
  readonly hasMore: boolean;
}

export interface ContactSetup extends Pulling {
  readonly user: Unprivileged;
  readonly sshConfig: string;
  /** For the connection and the summary together; left out: a minute. */
  readonly summaryMs?: number;
}

/** @param signal aborted when the daemon stops. Never throws for what the neighbour does, or the way to it */
export async function meet(setup: ContactSetup, peer: Peer, signal: AbortSignal): Promise<Met> {
  setup.underWay.begin(peer.node);
  try {
    return await meetWithin(setup, peer, signal);
  } finally {
    setup.underWay.end(peer.node);
  }
}

async function meetWithin(setup: ContactSetup, peer: Peer, signal: AbortSignal): Promise<Met> {
  const { config, host } = setup.surroundings;
  const beganSeconds = host.uptimeSeconds();
  const end = new AbortController();
  const stop = (): void => end.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const timer = setTimeout(stop, config.flood.contactSeconds * 1000);
  const contact = new Contact(setup, peer, end.signal);
  try {
    await contact.run();
  } catch (error) {
    if (signal.aborted) contact.reason = 'this node was stopped';
    else if (end.signal.aborted) contact.timeIsUp();
    else if (error instanceof FerrymanError) contact.problem = error;
    else throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await contact.close();
  }
  return contact.met(host.uptimeSeconds() - beganSeconds);
}

class Contact {
  readonly #setup: ContactSetup;
  readonly #peer: Peer;
  readonly #signal: AbortSignal;
  #connection: Connection | undefined;
  #role: Role | '' = '';
  #parcels = 0;
  #bytes = 0;
  #provingMs = 0;
  /** Parcels that came and proved wrong … */
  #wrong = 0;
  /** … and the names of some of them. */
  readonly #wrongNames: string[] = [];
  /** Of what was cut off before. */
  #bytesBefore = 0;
  #carried = { bytesIn: 0, bytesOut: 0 };
  #intake: ArchiveIntake | undefined;
  /** All has come that the neighbour has, that is lacking here and for which there is room. */
  #isDone = false;
  reason = 'nothing more to fetch';
  problem: FerrymanError | undefined;
  #isTimeUp = false;

  constructor(setup: ContactSetup, peer: Peer, signal: AbortSignal) {
    this.#setup = setup;
    this.#peer = peer;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { surroundings, sshConfig, user, summaryMs = usualSummaryMs } = this.#setup;
    const folder = openStaging(surroundings.layout.staging, this.#peer.node, user);
    const talk = { user, folder, signal: this.#signal };
    this.#bytesBefore = bytesBelow(folder);
    const beganMs = performance.now();
    this.#connection = await Connection.open(sshConfig, this.#peer, talk);
    const summary = await this.#askSummary(this.#connection, beganMs + summaryMs - performance.now());
    for (;;) {
      const wants = await this.#wants(summary, this.#bytesLeft);
      if (wants.length === 0) {
        this.#isDone = (await this.#wants(summary, Infinity)).length === 0;
        if (!this.#isDone) this.reason = asMuchAsMayCome;
        return;
      }
      const before = this.#parcels;
      for (const batch of makeBatches(wants, this.#bytesLeft)) {
        if (!(await this.#fetch(batch, talk))) return;
      }
      // A list is bounded: it is made anew, unless nothing of the last one was right.
      if (this.#parcels === before) return;
    }
  }

  async #askSummary(connection: Connection, timeoutMs: number): Promise<Summary> {
    const summary = openSummary(await connection.ask('summary', maxSummaryBytes, Math.max(0, timeoutMs)));
    if (summary.node !== this.#peer.node)
      throw new FerrymanError(
        'contact.other',
        `summary: expected node ${this.#peer.node}, found ${summary.node}`,
      );
    this.#role = summary.role;
    return summary;
  }

  async #wants(summary: Summary, maxBytes: number): Promise<Want[]> {
    const { taker, known, underWay } = this.#setup;
    const { node } = this.#peer;
    known.learn(summary);
    this.#intake?.end();
    this.#intake = await taker.begin(summary.logs.reduce((sum, { bytes }) => sum + bytes, 0));
    const bounds = { parcels: maxWants, bytes: maxBytes };
    const wants = listWants(summary, pullerFacts(this.#setup, node, this.#intake), bounds);
    underWay.fetches(node, wants.map(offeredPath));
    return wants;
  }

  get #bytesLeft(): number {
    const { config, layout } = this.#setup.surroundings;
    const mayBring = config.flood.contactMegabytes * 1024 * 1024 - this.#bytes;
    const others = this.#setup.underWay.bytesOfOthers(this.#peer.node);
    return Math.min(mayBring, freeBytesOf(layout.staging) - reserveBytes - others);
  }

  /** @returns false: the contact ends here */
  async #fetch(batch: WantedBatch, talk: Talk): Promise<boolean> {
    const room = this.#bytesLeft;
    if (!this.#connection || !this.#intake || room <= 0) {
      this.reason = asMuchAsMayCome;
      return false;
    }
    const { surroundings, underWay } = this.#setup;
    const { node } = this.#peer;
    const timeoutMs = surroundings.config.flood.contactSeconds * 1000;
    const fetching = { ...talk, ssh: this.#connection.command, node, timeoutMs };
    const maxBytes = Math.min(batch.maxBytes, room);
    let why: FerrymanError | undefined;
    underWay.expects(node, maxBytes);
    try {
      why = await fetchBatch({ ...batch, maxBytes }, fetching);
    } finally {
      underWay.expects(node, 0);
      // Cut off or not: what is whole is proven and kept.
      await this.#take(batch, { folder: talk.folder, peer: node, intake: this.#intake });
    }
    if (why === undefined) return true;
    this.problem = why;
    return false;
  }

  async #take(batch: WantedBatch, staged: Staged): Promise<void> {
    const { surroundings, user, quarantine, underWay } = this.#setup;
    this.#bytes += Math.max(0, bytesBelow(staged.folder) - this.#bytesBefore);
    const wrongBefore = quarantine.strikes.times(staged.peer);
    this.#parcels += await underWay.inTurn(async () => {
      const beganMs = performance.now();
      try {
        return await takeParcels(this.#setup, batch.wants, staged);
      } finally {
        this.#provingMs += performance.now() - beganMs;
      }
    });
    const wrong = quarantine.strikes.times(staged.peer) - wrongBefore;
    this.#wrong += wrong;
    if (this.#wrongNames.length < maxWrongNames)
      this.#wrongNames.push(...quarantine.strikes.latest(staged.peer, wrong));
    openStaging(surroundings.layout.staging, staged.peer, user);
    this.#bytesBefore = bytesBelow(staged.folder);
  }

  timeIsUp(): void {
    this.reason = 'its time was up';
    this.#isTimeUp = true;
  }

  async close(): Promise<void> {
    this.#intake?.end();
    if (this.#connection) this.#carried = await this.#connection.close();
    this.#connection = undefined;
  }

  met(seconds: number): Met {
    const { hasBrought, problem, reason } = howItEnded({
      seconds,
      bytes: this.#bytes,
      parcels: this.#parcels,
      wrong: this.#wrong,
      wrongNames: this.#wrongNames,
      reason: this.reason,
      isTimeUp: this.#isTimeUp,
      problem: this.problem,
    });
    return {
      role: this.#role,
      seconds: Math.round(seconds * 100) / 100,
      provingSeconds: Math.round(this.#provingMs / 10) / 100,
      ...this.#carried,
      // ssh tells it only at the end of a connection that was not cut: else what stands on the disk must do.
      bytesIn: this.#carried.bytesIn || this.#bytes,
      hasBrought,
      parcelsIn: this.#parcels,
      reason,
      problem,
      hasMore: (hasBrought && !this.#isDone) || this.#setup.underWay.hasLeft(this.#peer.node),
    };
  }
}
