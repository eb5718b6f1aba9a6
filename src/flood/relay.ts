/**
 * What this node has for its neighbours: archives, acknowledgements, updates and the roster, and the summary of it. Files are the truth;
 * others put some of them here, so they are looked at again before anything is said of them.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sweepParts, writeDurably } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { movePool, poolFolder } from '../logs/pool-of-role.ts';
import {
  formatSummary,
  holdingsOf,
  type Holdings,
  type Summary,
  type ToldMeetings,
} from '../parcel/summary.ts';
import { fitLogs } from '../parcel/summary-room.ts';
import { archiveLabel, type NamedArchive } from './pool/archive-name.ts';
import { AckShelf, type ProvenAck } from './pool/ack-shelf.ts';
import { dropRevoked } from './pool/drop-revoked.ts';
import { Pool } from './pool/pool.ts';
import { isSpoiled, keepRoster, proveRoster, readRoster, type ProvenRoster } from '../enrol/roster-shelf.ts';
import type { Refused } from './decide/cover.ts';
import { forgetClosed } from './forget-closed.ts';
import { summaryName } from './summary-name.ts';
import type { FloodSurroundings } from './surroundings.ts';

/** Bytes: what is free changes all the time, and the summary need not. */
const freeStep = 16 * 1024 * 1024;

/** Bytes of a summary beside archives, acknowledgements and updates. */
const summaryHeadBytes = 1024;
/** Bytes of one of those in it, at most. */
const [ackBytes, updateBytes] = [160, 132];

/** What others do when something has come. */
export interface RelayListener {
  /** A newer roster counts. @param file of the parcel */
  readonly rosterChanged: (file: string) => Promise<void>;
  /** A newer acknowledgement has come: the origin may find its own archives in it. */
  readonly acknowledged: (ack: ProvenAck) => Promise<void>;
}

/** What a summary tells besides what is here. */
export interface ToldBesides {
  /** Bytes that the node would take of others. */
  readonly free: () => number;
  /** How often it meets others. */
  readonly meetings: () => ToldMeetings | undefined;
}

export class Relay {
  readonly pool: Pool;
  readonly acks: AckShelf;
  readonly #surroundings: FloodSurroundings;
  readonly #listener: RelayListener;
  readonly #rosterFile: string;
  #roster: ProvenRoster | undefined;
  #updates: readonly string[] = [];
  #told: ToldBesides = { free: () => 0, meetings: () => undefined };
  #written = new Map<string, string>();

  constructor(surroundings: FloodSurroundings, listener: RelayListener) {
    const { layout, ledger, own } = surroundings;
    this.#surroundings = surroundings;
    this.#listener = listener;
    this.pool = new Pool(poolFolder(layout, own.role), own.node);
    this.acks = new AckShelf(layout.relayAcks, ledger);
    this.#rosterFile = join(layout.relay, 'roster.zip');
  }

  /** Looks at everything. @throws FerrymanError `trust.*` */
  async open(told: ToldBesides): Promise<void> {
    const { layout } = this.#surroundings;
    this.#told = told;
    for (const folder of [layout.relay, layout.relayAcks, layout.homeward]) sweepParts(folder);
    this.#moveIfRoom();
    if (this.#surroundings.own.role !== 'gateway')
      rmSync(join(layout.homeward, summaryName), { force: true });
    await this.pool.load();
    await this.look();
    this.removeUnneeded();
    this.writeSummaries();
  }

  /** On a full disk what waits stays where it is: only neighbours bring the acknowledgements that make room. */
  #moveIfRoom(): void {
    const { layout, own, tell } = this.#surroundings;
    try {
      movePool(layout, own.role);
    } catch (error) {
      if (!(error instanceof FerrymanError) || error.code !== 'logs.disk-full') throw error;
      tell({ level: 'warning', subject: 'flood: pool', text: `${error.message} [${error.code}]` });
    }
  }

  /** Looks at what others put here: own archives, acknowledgements of an own proxy, a roster from a key, updates. */
  async look(): Promise<void> {
    const { beliefs } = this.#surroundings;
    let isNewRoster = false;
    let trouble: Error | undefined;
    try {
      isNewRoster = await this.#lookAtRoster();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      trouble = error; // one that cannot be put into force keeps nothing else back
    }
    if (this.#surroundings.own.role !== 'proxy') await this.pool.lookAtOwn();
    const news = await this.acks.look(beliefs.nodeTrust);
    if (isNewRoster || news.length > 0) this.removeUnneeded();
    await this.#heed(news);
    forgetClosed(this.#surroundings.ledger, this.acks.cover, beliefs.closed);
    this.#updates = this.#listUpdates();
    this.writeSummaries();
    if (trouble) throw trouble;
  }

  /** @returns true when another one counts by now */
  async #lookAtRoster(): Promise<boolean> {
    const { beliefs, tell } = this.#surroundings;
    try {
      const roster = await readRoster(this.#rosterFile, beliefs.trust);
      if (!roster || roster.digest === this.#roster?.digest) return false;
      await this.#believe(roster);
      return true;
    } catch (error) {
      if (!(error instanceof FerrymanError) || !isSpoiled(error)) throw error;
      rmSync(this.#rosterFile, { force: true }); // spoiled: the next neighbour brings it again
      tell({ level: 'warning', subject: 'flood: roster', text: `${error.message} [${error.code}]` });
      return false;
    }
  }

  /** Verified updates that neighbours may have: those in the store that the ledger knows and has not refused. Sorted. */
  #listUpdates(): string[] {
    const { layout, ledger } = this.#surroundings;
    return readdirSync(layout.relayUpdates)
      .flatMap((name) => /^([0-9a-f]{128})\.zip$/.exec(name)?.[1] ?? [])
      .filter((digest) => {
        const state = ledger.updates.find(digest)?.state;
        return state !== undefined && state !== 'refused';
      })
      .toSorted();
  }

  /** Takes a roster that a neighbour brought. @returns false: it is not newer. @throws FerrymanError as {@link proveRoster}, `roster.fork` */
  async takeRoster(bytes: Buffer): Promise<boolean> {
    const { beliefs } = this.#surroundings;
    const roster = await proveRoster(bytes, beliefs.trust);
    await this.#lookAtRoster(); // a newer one may have come by another way
    if (beliefs.isPast(roster)) return false;
    if (!keepRoster(this.#rosterFile, this.#roster, { roster, bytes })) return false;
    await this.#believe(roster);
    this.removeUnneeded();
    return true;
  }

  /** What ssh refuses comes first: were that to fail, the next look finds the file to be news once more. */
  async #believe(roster: ProvenRoster): Promise<void> {
    this.#surroundings.beliefs.setRoster(roster);
    await this.#dropRevoked(roster);
    await this.#listener.rosterChanged(this.#rosterFile);
    this.#roster = roster;
  }

  /** Once for each roster: with many archives it takes seconds. */
  async #dropRevoked({ digest, revoked }: ProvenRoster): Promise<void> {
    const { ledger, own } = this.#surroundings;
    if (ledger.fact('pool-swept-for') === digest) return;
    this.#noteGone(
      await dropRevoked(this.pool, own.node, revoked),
      'the office has revoked the enrolment under which it was signed',
    );
    ledger.setFact('pool-swept-for', digest);
  }

  /** Takes an acknowledgement that was proven. @returns false: it is not newer */
  async takeAck(ack: ProvenAck, bytes: Buffer): Promise<boolean> {
    const standing = this.acks.take(ack, bytes);
    if (standing === 'conflict')
      this.#surroundings.tell({
        level: 'error',
        subject: `flood: proxy ${ack.proxy}`,
        text: 'it acknowledges from another store under the same enrolment: enrol it anew',
      });
    if (standing !== 'newer') return false;
    this.removeUnneeded();
    await this.#heed([ack]);
    return true;
  }

  /** What could not be heeded, on a full disk perhaps, is news once more at the next look. */
  async #heed(acks: readonly ProvenAck[]): Promise<void> {
    const left = new Set(acks);
    try {
      for (const ack of acks) {
        await this.#listener.acknowledged(ack);
        left.delete(ack);
      }
    } finally {
      for (const ack of left) this.acks.lookAgain(ack);
    }
  }

  /** Removes what a proxy holds, and what the office has closed. */
  removeUnneeded(): void {
    const { beliefs } = this.#surroundings;
    const gone = [...this.pool.unneeded(this.acks.cover, beliefs.closed)];
    for (const archive of gone) this.pool.remove(archive);
    this.#noteGone(gone, 'a proxy holds it, or the office has closed its incarnation');
  }

  #noteGone(gone: readonly NamedArchive[], reason: string): void {
    const { ledger, host } = this.#surroundings;
    const at = host.now();
    ledger.poolNotes.add(
      gone.map((archive) => ({
        name: archiveLabel(archive),
        digest: null,
        what: 'covered',
        reason,
        peer: '',
        at,
      })),
    );
  }

  get refused(): Refused {
    const { beliefs } = this.#surroundings;
    // A revoked origin shows when its signature is checked: the serial is not in the name.
    return {
      cover: this.acks.cover,
      closed: beliefs.closed,
      revoked: new Set(),
      quarantined: new Set(),
    };
  }

  /** @param toProxy a gateway tells of its logs to a proxy alone */
  summary(toProxy: boolean): Summary {
    const { own } = this.#surroundings;
    const free = Math.floor(this.#told.free() / freeStep) * freeStep;
    const meetings = this.#told.meetings();
    const head = { node: own.node, role: own.role, free, ...(meetings ? { meetings } : {}) };
    return { ...head, ...this.holdings(toProxy) };
  }

  holdings(toProxy: boolean): Holdings {
    const { own } = this.#surroundings;
    const hasLogs = own.role === 'gateway' ? toProxy : own.role !== 'proxy';
    const acks = this.acks.names();
    const besides = summaryHeadBytes + acks.length * ackBytes + this.#updates.length * updateBytes;
    return {
      roster: this.#roster?.number ?? 0,
      acks,
      updates: this.#updates,
      logs: hasLogs ? fitLogs(this.pool.holdings(), besides) : [],
    };
  }

  /** 16 hex digits, for a ping. */
  holdingsDigest(toProxy: boolean): string {
    return holdingsOf(this.holdings(toProxy));
  }

  /** Puts the summaries where the endpoint finds them: it would take seconds to look at 100,000 archives for each call. */
  writeSummaries(): void {
    const { layout, own } = this.#surroundings;
    this.#write(join(layout.relay, summaryName), false);
    if (own.role === 'gateway') this.#write(join(layout.homeward, summaryName), true);
  }

  #write(path: string, toProxy: boolean): void {
    const text = `${formatSummary(this.summary(toProxy))}\n`;
    if (this.#written.get(path) === text) return;
    try {
      writeDurably(path, text, { mode: 0o444, existing: 'replace' });
      this.#written.set(path, text);
    } catch (error) {
      if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error; // the old one is not wrong enough to stop for
    }
  }
}
