/**
 * The pass of a USB key: a parcel without files by which the office lets a technician open the USB channel of nodes. It is bound to one
 * file system, and grants the channel alone: what comes by it is verified like any other parcel. Spec: docs/format.md §10.
 */
import { openManifest, withoutFiles, type OpenedManifest } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import {
  formatName,
  parseDocument,
  spellDocument,
  takeEnd,
  takePrintable,
  takeRecipients,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import * as limits from './limits.ts';
import { manifestPath, takeKind } from './parcel-kind.ts';
import { isVolumeId, volumeIdForms } from './volume-id.ts';

/** What a pass can allow, in the order in which it is written. */
export const passRights = ['apply', 'collect-logs'] as const;
export type PassRight = (typeof passRights)[number];

export interface UsbPass {
  /** UUID of the key's file system, as blkid prints it. */
  readonly volume: string;
  /** Serial number of the USB device: a copy of the key, byte for byte, has the same UUID but not this. */
  readonly serial?: string;
  /** Who carries the key. */
  readonly technician: string;
  /** The nodes that let it in: `all`, `role:…`, `group:…` or GUIDs; never empty. */
  readonly recipients: readonly string[];
  /** RFC 3339 in UTC, whole seconds. */
  readonly created: string;
  readonly notAfter?: string;
  /** Visits to each node that may bring it something new; left out: any number. */
  readonly uses?: number;
  /** Never empty. */
  readonly may: readonly PassRight[];
}

const passDocument: DocumentKind<UsbPass> = {
  name: manifestPath,
  malformed: 'manifest.malformed',
  read: readManifest,
  spell: (pass) => [formatUsbPass(pass)],
};

/** Reads a pass's `manifest.json`. @throws FerrymanError `manifest.malformed`, `manifest.other-kind` */
export function parseUsbPass(bytes: Buffer): UsbPass {
  return parseDocument(bytes, passDocument);
}

function readManifest(object: ClosedObject): UsbPass {
  takeKind(object, 'usb-pass');
  const volume = object.string('volume');
  if (!isVolumeId(volume)) throw object.refuse('volume', volumeIdForms, volume);
  const serial = object.has('serial') ? takeName(object, 'serial', limits.maxSerialBytes) : undefined;
  const created = takeTimestamp(object, 'created');
  const notAfter = takeEnd(object, 'notAfter', created);
  const uses = object.has('uses') ? object.integer('uses', 1, limits.maxPassUses) : undefined;
  const pass: UsbPass = {
    volume,
    ...(serial === undefined ? {} : { serial }),
    technician: takeName(object, 'technician', limits.maxTechnicianBytes),
    recipients: takeRecipients(object, limits.maxPassRecipients),
    created,
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(uses === undefined ? {} : { uses }),
    may: takeRights(object),
  };
  object.end();
  return pass;
}

function takeName(object: ClosedObject, key: string, maxBytes: number): string {
  const text = takePrintable(object, key, maxBytes);
  if (text === '' || text.trim() !== text)
    throw object.refuse(key, 'a text that is not empty and has no space at its ends', text);
  return text;
}

function takeRights(object: ClosedObject): PassRight[] {
  const texts = object.strings('may', 1, passRights.length);
  const rights = passRights.filter((right) => texts.includes(right));
  if (rights.join() !== texts.join())
    throw object.refuse('may', `some of ${JSON.stringify(passRights)}, in this order, each once`, texts);
  return rights;
}

/** The canonical bytes of a pass's manifest. */
export function formatUsbPass(pass: UsbPass): Buffer {
  return spellDocument({
    format: formatName,
    kind: 'usb-pass',
    volume: pass.volume,
    serial: pass.serial,
    technician: pass.technician,
    recipients: pass.recipients,
    created: pass.created,
    notAfter: pass.notAfter,
    uses: pass.uses,
    may: pass.may,
  });
}

/**
 * Reads the archive of a pass: its manifest and nothing else. As with an update, only after its signatures.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.*`
 */
export async function openUsbPass(source: ByteSource, eocdOffset: number): Promise<UsbPass> {
  return asUsbPass(await openManifest(source, eocdOffset, limits.maxPassBytes));
}

/** @throws FerrymanError `manifest.*` */
export function asUsbPass(opened: OpenedManifest): UsbPass {
  return withoutFiles('a pass', opened, parseUsbPass, limits.maxPassBytes);
}
