/**
 * The acknowledgements that are offered here: of each proxy and shard the newest, as a file; and what all that were ever seen cover, in the
 * ledger. The file comes first: after a power cut it is looked at again.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, writeDurably } from '../../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../../errors.ts';
import type { Cover as CoverTable } from '../../ledger/cover.ts';
import { isSpoiled } from '../../enrol/roster-shelf.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { coveredBy, openAck, type AckName, type Acknowledgement } from '../../parcel/acknowledgement.ts';
import { bufferSource } from '../../parcel/buffer-source.ts';
import { hashParcel } from '../../parcel/framing.ts';
import { maxAckBytes } from '../../parcel/limits.ts';
import { isGuid } from '../../parcel/recipients.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import { verifyByNode, type NodeTrust } from '../../verify/enrolled.ts';
import { streamKey } from '../decide/archive.ts';
import { Cover } from '../decide/cover.ts';
import { standingOf, type AckStanding } from '../decide/newest-ack.ts';

/** An acknowledgement that a proxy has signed. */
export interface ProvenAck extends Acknowledgement {
  /** Of the enrolment that it carries. */
  readonly serial: number;
  readonly digest: string;
}

/** A peer could name any number of them. */
const maxDeclined = 10_000;

export function ackFileName({ proxy, shard }: Pick<AckName, 'proxy' | 'shard'>): string {
  return `${proxy}.${shard}.zip`;
}

/** Reads the name of a file on the shelf; `undefined` when it is none. */
export function parseAckFileName(name: string): Pick<AckName, 'proxy' | 'shard'> | undefined {
  const [, proxy = '', shard = ''] = /^([0-9a-f-]{36})\.(0|[1-9]\d{0,4})\.zip$/.exec(name) ?? [];
  return isGuid(proxy) && Number(shard) <= 65_535 ? { proxy, shard: Number(shard) } : undefined;
}

/** @throws FerrymanError `source.*`, `framing.*`, `signature.*`, `enrolment.*`, `trust.*`, `zip.*`, `manifest.*` */
export async function proveAck(bytes: Buffer, nodeTrust: NodeTrust): Promise<ProvenAck> {
  if (bytes.length > maxAckBytes)
    throw new FerrymanError(
      'framing.too-large',
      `expected an acknowledgement of at most ${maxAckBytes} bytes, found ${bytes.length}`,
    );
  const { digest, framing } = hashParcel(bytes);
  const signed = verifyByNode({ digest, blocks: parseComment(framing.comment) }, nodeTrust, 'ack');
  const ack = await openAck(bufferSource(bytes), framing.eocdOffset, signed.signer);
  return { ...ack, serial: signed.enrolment.serial, digest };
}

/**
 * Keeps an acknowledgement that was proven when it is newer than the one that is here: as a file, then in the ledger. A shelf that is open finds it at
 * its next look.
 *
 * @param bytes the whole parcel
 */
export function keepAck(folder: string, ledger: Ledger, ack: ProvenAck, bytes: Buffer): AckStanding {
  const standing = standingOf(ack, ledger.cover.newestAck(ack.proxy, ack.shard));
  if (standing !== 'newer') return standing;
  makeFolder(folder, 0o750);
  writeDurably(join(folder, ackFileName(ack)), bytes, { mode: 0o444, existing: 'replace' });
  enterAck(ledger, ack);
  return standing;
}

function enterAck(ledger: Ledger, ack: ProvenAck): void {
  ledger.transaction(() => {
    for (const one of ack.origins) ledger.cover.add(one.origin, one.incarnation, coveredBy(one));
    ledger.cover.setNewestAck(ack);
  });
}

export class AckShelf {
  readonly #folder: string;
  readonly #ledger: Ledger;
  /** What all acknowledgements that were ever seen cover. */
  readonly cover: Cover;
  /** Those that came and were not newer: of another epoch only the serial inside tells. Lost on a restart, which costs a few kilobytes. */
  readonly #declined = new Set<string>();
  /** Files as they were when they were last looked at. */
  readonly #seen = new Map<string, string>();

  /** @param folder `relay/acks` */
  constructor(folder: string, ledger: Ledger) {
    this.#folder = folder;
    this.#ledger = ledger;
    this.cover = new Cover(entriesOf(ledger.cover));
  }

  /** What is offered, sorted. */
  names(): AckName[] {
    return this.#ledger.cover
      .acks()
      .map(({ proxy, epoch, number, shard }) => ({ proxy, epoch, number, shard }));
  }

  /** True when an offered one may be newer than what is here. */
  needs(offered: AckName): boolean {
    const held = this.#ledger.cover.newestAck(offered.proxy, offered.shard);
    if (!held) return true;
    return held.epoch === offered.epoch ? offered.number > held.number : !this.#declined.has(keyOf(offered));
  }

  /**
   * Takes an acknowledgement that was proven.
   *
   * @param bytes the whole parcel
   * @returns how it stands to the one that was here; only a newer one is kept
   */
  take(ack: ProvenAck, bytes: Buffer): AckStanding {
    const standing = keepAck(this.#folder, this.#ledger, ack, bytes);
    if (standing === 'newer') this.#know(ack);
    else if (this.#declined.size < maxDeclined) this.#declined.add(keyOf(ack));
    return standing;
  }

  #know(ack: ProvenAck): void {
    const name = ackFileName(ack);
    const mark = markOf(join(this.#folder, name));
    if (mark !== undefined) this.#seen.set(name, mark);
    this.cover.addAck(ack.origins);
  }

  /**
   * Looks at the files: what a power cut kept from the ledger, what came by another way than a neighbour, and what a proxy has put here
   * itself.
   *
   * @returns those that were news to this shelf; at the first look all, since a power cut may have kept them from having their effect
   */
  async look(nodeTrust: NodeTrust): Promise<ProvenAck[]> {
    const news: ProvenAck[] = [];
    for (const name of namesIn(this.#folder)) {
      const path = join(this.#folder, name);
      const mark = markOf(path);
      if (!parseAckFileName(name) || mark === undefined || this.#seen.get(name) === mark) continue;
      this.#seen.set(name, mark);
      try {
        const ack = await proveAck(readFileSync(path), nodeTrust);
        if (ackFileName(ack) !== name) continue;
        const standing = standingOf(ack, this.#ledger.cover.newestAck(ack.proxy, ack.shard));
        if (standing !== 'newer' && standing !== 'same') continue;
        if (standing === 'newer') enterAck(this.#ledger, ack);
        this.cover.addAck(ack.origins);
        news.push(ack);
      } catch (error) {
        // A spoiled file, or one of a proxy that was revoked: what it covered stays covered.
        if (error instanceof FerrymanError && isSpoiled(error)) continue;
        this.#seen.delete(name);
        if (!isSystemError(error, 'ENOENT')) throw error; // replaced in this moment: the next look finds it
      }
    }
    return news;
  }

  /** Its file is news to the next {@link look}. */
  lookAgain(ack: Pick<AckName, 'proxy' | 'shard'>): void {
    this.#seen.delete(ackFileName(ack));
  }
}

function keyOf({ proxy, shard, epoch, number }: AckName): string {
  return [proxy, shard, epoch, number].join('.');
}

/** Changes whenever the file is another or was written to. */
function markOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return stat?.isFile() ? [stat.ino, stat.size, stat.mtimeNs].join(':') : undefined;
}

function* entriesOf(table: CoverTable): Generator<[string, ReturnType<CoverTable['of']>]> {
  for (const { sequences, ...stream } of table.all()) yield [streamKey(stream), sequences];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
