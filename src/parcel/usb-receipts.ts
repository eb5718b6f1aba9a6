/**
 * Receipts: what a node writes back to a USB key of one visit, signed with its identity key. Canonical, like a manifest.
 * Spec: docs/format.md §11.
 */
import { hash } from 'node:crypto';
import {
  formatName,
  parseDocument,
  spellDocument,
  takeGuid,
  takeHex,
  takeObjects,
  takePrintable,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import * as limits from './limits.ts';
import { printable } from './printable.ts';
import { isVolumeId, volumeIdForms } from './volume-id.ts';

/** The names of receipts and of their signature on a key. */
export const receiptsName = 'receipts.json';
export const receiptsSignatureName = 'receipts.json.minisig';

/** The visit that is told of. */
export interface ReceiptVisit {
  /** Counted by the node. */
  readonly number: number;
  /** UUID of the key's file system. */
  readonly volume: string;
  readonly serial?: string;
  readonly technician?: string;
  readonly passDigest?: string;
  readonly startedAt: string;
}

/** What became of an update that the key brought. */
export interface UpdateReceipt {
  readonly digest: string;
  /** `null`: its manifest could not be read. */
  readonly sequence: number | null;
  readonly title: string;
  /** As docs/format.md §8 names them. */
  readonly state: string;
  readonly exitStatus?: number;
  readonly reason: string;
  readonly finishedAt?: string;
}

/** A file that was not taken. */
export interface FileReceipt {
  readonly name: string;
  readonly code: string;
  readonly reason: string;
}

export interface UsbReceipts {
  /** GUID. */
  readonly node: string;
  /** By the node's clock, which may be wrong. */
  readonly created: string;
  readonly visit: ReceiptVisit;
  readonly updates: readonly UpdateReceipt[];
  readonly files: readonly FileReceipt[];
}

const receiptsDocument: DocumentKind<UsbReceipts> = {
  name: receiptsName,
  malformed: 'receipts.malformed',
  read: readReceipts,
  spell: (receipts) => [formatReceipts(receipts)],
};

/** What the node's key signs: BLAKE2b-512 of the bytes, 128 hex digits, as in minisign's prehashed mode. */
export function receiptsDigest(bytes: Buffer): string {
  return hash('blake2b512', bytes);
}

/** @throws FerrymanError `receipts.malformed` */
export function parseReceipts(bytes: Buffer): UsbReceipts {
  return parseDocument(bytes, receiptsDocument);
}

function readReceipts(object: ClosedObject): UsbReceipts {
  object.oneOf('format', [formatName]);
  object.oneOf('kind', ['usb-receipts']);
  const receipts: UsbReceipts = {
    node: takeGuid(object, 'node'),
    created: takeTimestamp(object, 'created'),
    visit: readVisit(object.object('visit')),
    updates: takeObjects(object, 'updates', limits.maxReceipts, readUpdate),
    files: takeObjects(object, 'files', limits.maxReceipts, readFile),
  };
  object.end();
  return receipts;
}

function readVisit(visit: ClosedObject): ReceiptVisit {
  const volume = visit.string('volume');
  if (!isVolumeId(volume)) throw visit.refuse('volume', volumeIdForms, volume);
  const taken: ReceiptVisit = {
    number: visit.integer('number', 1, Number.MAX_SAFE_INTEGER),
    volume,
    ...(visit.has('serial') ? { serial: takeText(visit, 'serial') } : {}),
    ...(visit.has('technician') ? { technician: takeText(visit, 'technician') } : {}),
    ...(visit.has('passDigest') ? { passDigest: takeHex(visit, 'passDigest', 128) } : {}),
    startedAt: takeTimestamp(visit, 'startedAt'),
  };
  visit.end();
  return taken;
}

function readUpdate(update: ClosedObject): UpdateReceipt {
  return {
    digest: takeHex(update, 'digest', 128),
    sequence: takeSequence(update),
    title: takeText(update, 'title'),
    state: takeText(update, 'state'),
    ...(update.has('exitStatus') ? { exitStatus: update.integer('exitStatus', 0, 255) } : {}),
    reason: takeText(update, 'reason'),
    ...(update.has('finishedAt') ? { finishedAt: takeTimestamp(update, 'finishedAt') } : {}),
  };
}

function readFile(file: ClosedObject): FileReceipt {
  return { name: takeText(file, 'name'), code: takeText(file, 'code'), reason: takeText(file, 'reason') };
}

function takeSequence(update: ClosedObject): number | null {
  if (!update.has('sequence')) throw update.refuse('sequence', 'a number or null', undefined);
  const value = update.take('sequence');
  if (value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw update.refuse('sequence', 'a sequence or null', value);
}

function takeText(object: ClosedObject, key: string): string {
  return takePrintable(object, key, limits.maxReceiptTextBytes);
}

/** Any text as receipts may hold it: printable, and cut to what fits. For reasons and names that come from outside. */
export function receiptText(text: string): string {
  const shown = printable(text);
  if (Buffer.byteLength(shown) <= limits.maxReceiptTextBytes) return shown;
  // A character that was cut in two is dropped with the rest of it.
  const room = Buffer.from(shown).subarray(0, limits.maxReceiptTextBytes - Buffer.byteLength('…'));
  return `${room.toString('utf8').replace(/\ufffd+$/, '')}…`;
}

/** The canonical bytes. Texts must be printable and short: {@link receiptText} makes them so. */
export function formatReceipts({ node, created, visit, updates, files }: UsbReceipts): Buffer {
  return spellDocument({
    format: formatName,
    kind: 'usb-receipts',
    node,
    created,
    visit: {
      number: visit.number,
      volume: visit.volume,
      serial: visit.serial,
      technician: visit.technician,
      passDigest: visit.passDigest,
      startedAt: visit.startedAt,
    },
    updates: updates.map(({ digest, sequence, title, state, exitStatus, reason, finishedAt }) => ({
      digest,
      sequence,
      title,
      state,
      exitStatus,
      reason,
      finishedAt,
    })),
    files: files.map(({ name, code, reason }) => ({ name, code, reason })),
  });
}
