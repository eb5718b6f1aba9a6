/**
 * One contact: this node fetches what it lacks from a neighbour. Bounded in time and bytes; what has come whole by its end counts,
 * whatever ended it.
 */
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import type { Role } from '../../parcel/recipients.ts';
import { maxContactReasonBytes, maxSummaryBytes } from '../../parcel/limits.ts';
import { openSummary, type Summary } from '../../parcel/summary.ts';
import { listWants, maxWants, type Want } from '../decide/wants.ts';
import { counted } from '../../command-line/counted.ts';
import { freeBytesOf } from '../pool/relay-taker.ts';
import type { Peer } from '../peer.ts';
import { makeBatches, type WantedBatch } from './batches.ts';
import { Connection } from './connection.ts';
import { pullerFacts, type Pulling } from './puller-facts.ts';
import { fetchBatch } from './rsync.ts';
import { bytesBelow, openStaging } from './staging.ts';
import { takeParcels } from './take-parcels.ts';
import type { Unprivileged } from './unprivileged.ts';

const askMs = 60_000;

/** Left on the disk, whatever a neighbour offers: what does not come whole stays there for a while. */
const reserveBytes = 128 * 1024 * 1024;

/** With less than this a part of a parcel is not worth that others wait for their turn. */
const leastBytesPerSecond = 1024;

/** What of a contact is remembered. Spec: docs/format.md §16 */
export interface Met {
  readonly role: Role | '';
  readonly seconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly parcelsIn: number;
  /** Why it stopped. */
  readonly reason: string;
  /** Something has come, if only a part of a large parcel. */
  readonly hasBrought: boolean;
  /** `undefined`: nothing more is to be had from this neighbour for now. */
  readonly problem: FerrymanError | undefined;
}

export interface ContactSetup extends Pulling {
  readonly user: Unprivileged;
  readonly sshConfig: string;
}

/** @param signal aborted when the daemon stops. Never throws for what the neighbour does, or the way to it */
export async function meet(setup: ContactSetup, peer: Peer, signal: AbortSignal): Promise<Met> {
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
    if (end.signal.aborted) contact.reason = signal.aborted ? 'this node was stopped' : 'its time was up';
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
  /** Parcels that came and proved wrong. */
  #wrong = 0;
  /** Of what was cut off before. */
  #bytesBefore = 0;
  #carried = { bytesIn: 0, bytesOut: 0 };
  reason = 'nothing more to fetch';
  problem: FerrymanError | undefined;

  constructor(setup: ContactSetup, peer: Peer, signal: AbortSignal) {
    this.#setup = setup;
    this.#peer = peer;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { surroundings, sshConfig, user } = this.#setup;
    const folder = openStaging(surroundings.layout.staging, this.#peer.node, user);
    const talk = { user, folder, signal: this.#signal };
    this.#bytesBefore = bytesBelow(folder);
    this.#connection = await Connection.open(sshConfig, this.#peer, talk);
    const summary = await this.#askSummary(this.#connection);
    for (;;) {
      const wants = await this.#wants(summary);
      const before = this.#parcels;
      for (const batch of makeBatches(wants, this.#bytesLeft)) {
        if (!(await this.#fetch(batch, talk))) return;
      }
      // A list is bounded: with more to be had it is made anew, unless nothing of the last one was right.
      if (wants.length < maxWants || this.#parcels === before) return;
    }
  }

  async #askSummary(connection: Connection): Promise<Summary> {
    const summary = openSummary(await connection.ask('summary', maxSummaryBytes, askMs));
    if (summary.node !== this.#peer.node)
      throw new FerrymanError(
        'contact.other',
        `summary: expected node ${this.#peer.node}, found ${summary.node}`,
      );
    this.#role = summary.role;
    return summary;
  }

  async #wants(summary: Summary): Promise<Want[]> {
    const { taker, known } = this.#setup;
    await taker.prepare(summary.logs.reduce((sum, { bytes }) => sum + bytes, 0));
    known.learn(summary);
    const bounds = { parcels: maxWants, bytes: this.#bytesLeft, seconds: Infinity, bytesPerSecond: Infinity };
    return listWants(summary, pullerFacts(this.#setup, this.#peer.node), bounds);
  }

  get #bytesLeft(): number {
    const { config, layout } = this.#setup.surroundings;
    const mayBring = config.flood.contactMegabytes * 1024 * 1024 - this.#bytes;
    return Math.min(mayBring, freeBytesOf(layout.staging) - reserveBytes);
  }

  /** @returns false: the contact ends here */
  async #fetch(
    batch: WantedBatch,
    talk: { readonly user: Unprivileged; readonly folder: string; readonly signal: AbortSignal },
  ): Promise<boolean> {
    if (!this.#connection || this.#bytesLeft <= 0) {
      this.reason = 'as many bytes as one contact may bring, or as there is room for';
      return false;
    }
    const { surroundings, user } = this.#setup;
    const timeoutMs = surroundings.config.flood.contactSeconds * 1000;
    const fetching = { ...talk, ssh: this.#connection.command, node: this.#peer.node, timeoutMs };
    let why: string | undefined;
    const wrongBefore = this.#setup.quarantine.strikes.total;
    try {
      why = await fetchBatch(batch, fetching);
    } finally {
      // Cut off or not: what is whole is proven and kept.
      this.#bytes += Math.max(0, bytesBelow(talk.folder) - this.#bytesBefore);
      this.#parcels += await takeParcels(this.#setup, batch.wants, talk.folder, this.#peer.node);
      this.#wrong += this.#setup.quarantine.strikes.total - wrongBefore;
      openStaging(surroundings.layout.staging, this.#peer.node, user);
      this.#bytesBefore = bytesBelow(talk.folder);
    }
    if (why === undefined) return true;
    this.problem = new FerrymanError('contact.cut', why);
    return false;
  }

  async close(): Promise<void> {
    if (this.#connection) this.#carried = await this.#connection.close();
    this.#connection = undefined;
  }

  met(seconds: number): Met {
    const wrong = counted(this.#wrong, 'file');
    const isAllWrong = this.#parcels === 0 && this.#wrong > 0;
    const problem =
      this.problem ??
      (isAllWrong
        ? new FerrymanError(
            'contact.wrong',
            `expected parcels as the summary names them, found ${wrong} wrong`,
          )
        : undefined);
    const besides = this.#wrong > 0 && problem?.code !== 'contact.wrong' ? `${wrong} wrong; ` : '';
    const reason = printable(besides + (problem ? `${problem.message} [${problem.code}]` : this.reason));
    return {
      role: this.#role,
      seconds: Math.round(seconds * 100) / 100,
      ...this.#carried,
      // ssh tells it only at the end of a connection that was not cut: else what stands on the disk must do.
      bytesIn: this.#carried.bytesIn || this.#bytes,
      // Whoever trickles, or sends nothing that is right, is met less and less often.
      hasBrought: this.#parcels > 0 || (!isAllWrong && this.#bytes > leastBytesPerSecond * seconds),
      parcelsIn: this.#parcels,
      reason: reason.slice(0, maxContactReasonBytes),
      problem,
    };
  }
}
