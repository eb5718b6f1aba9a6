/**
 * Acknowledgements: what a proxy holds, durably, of each origin; signed by the proxy. What was ever covered stays covered.
 * Spec: docs/format.md §15.
 */
import { openManifest, withoutFiles, type OpenedManifest } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import {
  formatName,
  parseDocument,
  spellDocument,
  takeGuid,
  takeHex,
  takeObjects,
  takeRanges,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import * as limits from './limits.ts';
import { checkSigner } from './log-archive.ts';
import { manifestPath, takeKind } from './parcel-kind.ts';
import { checkSorted, takeIncarnation, type Incarnation } from './roster.ts';
import { intersect, union, type SequenceSet } from './sequence-sets.ts';
import { formatRange, type SequenceRange } from './sequences.ts';

/** What the proxy says of one incarnation. */
export interface AckedOrigin extends Incarnation {
  /** Archives that it holds. */
  readonly held: readonly SequenceRange[];
  /** Known to be lost by the origin's word, and not held. */
  readonly voids: readonly SequenceRange[];
  /** The chain (chain.ts) over `held`: 64 lower-case hex digits. */
  readonly digest: string;
}

/** Which acknowledgement it is; of one proxy and shard the newest counts. */
export interface AckName {
  /** GUID. */
  readonly proxy: string;
  /** 16 lower-case hex digits, made with the proxy's store. */
  readonly epoch: string;
  /** Rising within an epoch. */
  readonly number: number;
  /** Which part of the origins, 0 to 65,535. */
  readonly shard: number;
}

export interface Acknowledgement extends AckName {
  /** RFC 3339 in UTC, whole seconds. */
  readonly created: string;
  /** Sorted by origin and incarnation. */
  readonly origins: readonly AckedOrigin[];
}

const ackDocument: DocumentKind<Acknowledgement> = {
  name: manifestPath,
  malformed: 'manifest.malformed',
  read: readAck,
  spell: (ack) => [formatAck(ack)],
};

/** Reads the `manifest.json` of an acknowledgement. @throws FerrymanError `manifest.malformed`, `manifest.other-kind` */
export function parseAck(bytes: Buffer): Acknowledgement {
  return parseDocument(bytes, ackDocument);
}

function readAck(object: ClosedObject): Acknowledgement {
  takeKind(object, 'ack');
  const ack: Acknowledgement = {
    proxy: takeGuid(object, 'proxy'),
    epoch: takeHex(object, 'epoch', 16),
    number: object.integer('number', 1, Number.MAX_SAFE_INTEGER),
    shard: object.integer('shard', 0, limits.maxShard),
    created: takeTimestamp(object, 'created'),
    origins: takeObjects(object, 'origins', limits.maxAckOrigins, readOrigin),
  };
  object.end();
  checkSorted(object, 'origins', ack.origins);
  return ack;
}

function readOrigin(object: ClosedObject): AckedOrigin {
  const incarnation = takeIncarnation(object);
  const held = takeRanges(object, 'held', { max: limits.maxHeldRanges });
  const voids = takeRanges(object, 'voids', { max: limits.maxHeldRanges });
  const [both] = intersect(held, voids);
  if (both) throw object.refuse('voids', 'sequences that are not held', formatRange(both));
  return { ...incarnation, held, voids, digest: takeHex(object, 'digest', 64) };
}

/** Held and voids together: what nobody need carry any more. */
export function coveredBy({ held, voids }: AckedOrigin): SequenceSet {
  return union(held, voids);
}

/** The canonical bytes of the manifest. */
export function formatAck({ proxy, epoch, number, shard, created, origins }: Acknowledgement): Buffer {
  return spellDocument({
    format: formatName,
    kind: 'ack',
    proxy,
    epoch,
    number,
    shard,
    created,
    origins: origins.map(({ origin, incarnation, held, voids, digest }) => ({
      origin,
      incarnation,
      held: held.map(formatRange),
      voids: voids.map(formatRange),
      digest,
    })),
  });
}

/**
 * Reads the archive: its manifest and nothing else. Only after the signatures: `verifyByNode` of src/verify/enrolled.ts tells who signed.
 *
 * @param eocdOffset where framing found the end record
 * @param signer GUID of the proxy that signed it
 * @throws FerrymanError `zip.*`, `manifest.*`, `enrolment.other-node`
 */
export async function openAck(
  source: ByteSource,
  eocdOffset: number,
  signer: string,
): Promise<Acknowledgement> {
  const ack = asAck(await openManifest(source, eocdOffset, limits.maxAckBytes));
  checkSigner('proxy', ack.proxy, signer);
  return ack;
}

/** @throws FerrymanError `manifest.*` */
export function asAck(opened: OpenedManifest): Acknowledgement {
  return withoutFiles('an acknowledgement', opened, parseAck, limits.maxAckBytes);
}
