/** A parcel of whatever kind: for programs that pass on, sign or show what they are given. */
import { asAck, formatAck, type Acknowledgement } from './acknowledgement.ts';
import { asUpdate, discard, openManifest, readContents, type Archive, type Listing } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { asBundle, formatBundleManifest, readBundle, type BundleManifest } from './enrolment-bundle.ts';
import { asLog, formatLog, nameOfLog, type LogManifest } from './log-archive.ts';
import { formatManifest, type UpdateManifest } from './manifest.ts';
import { kindIn } from './parcel-kind.ts';
import { asRoster, formatRoster, type Roster } from './roster.ts';
import { asUsbPass, formatUsbPass, type UsbPass } from './usb-pass.ts';

export type AnyParcel =
  | { readonly kind: 'update'; readonly manifest: UpdateManifest }
  | { readonly kind: 'usb-pass'; readonly manifest: UsbPass }
  | { readonly kind: 'enrolment'; readonly manifest: BundleManifest }
  | { readonly kind: 'roster'; readonly manifest: Roster }
  | { readonly kind: 'log'; readonly manifest: LogManifest }
  | { readonly kind: 'ack'; readonly manifest: Acknowledgement };

/**
 * Reads everything in the archive, as a node would. What claims no kind that is known is read as an update, which tells what is wrong.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.*`, `archive.too-large`, `enrolment.*`
 */
export async function readAnyParcel(source: ByteSource, eocdOffset: number): Promise<AnyParcel> {
  const opened = await openManifest(source, eocdOffset);
  const readAll = async <Manifest extends Listing>(archive: Archive<Manifest>): Promise<Manifest> => {
    await readContents(source, archive, () => discard);
    return archive.manifest;
  };
  const kind = kindIn(opened.bytes);
  switch (kind) {
    case 'usb-pass':
      return { kind, manifest: asUsbPass(opened) };
    case 'enrolment':
      return { kind, manifest: (await readBundle(source, asBundle(opened))).manifest };
    case 'roster':
      return { kind, manifest: asRoster(opened) };
    case 'log':
      return { kind, manifest: await readAll(asLog(opened, source.size)) };
    case 'ack':
      return { kind, manifest: asAck(opened) };
    default:
      return { kind: 'update', manifest: await readAll(asUpdate(opened)) };
  }
}

/** The parcel as a sentence speaks of it: `update 42 "fix-clock"`, `pass of Ravi on the key 3EF5-2A49`. */
export function parcelInWords({ kind, manifest }: AnyParcel): string {
  switch (kind) {
    case 'update':
      return `update ${manifest.sequence} "${manifest.title}"`;
    case 'usb-pass':
      return `pass of ${manifest.technician} on the key ${manifest.volume}`;
    case 'enrolment':
      return `enrolment ${manifest.serial} of node ${manifest.node} as ${manifest.role}`;
    case 'roster':
      return `roster ${manifest.number}`;
    case 'log':
      return `archive of logs ${nameOfLog(manifest)}`;
    default:
      return `acknowledgement ${manifest.number} of proxy ${manifest.proxy}, shard ${manifest.shard}`;
  }
}

/** The manifest as it stands in the parcel. */
export function manifestJson(contents: AnyParcel): object {
  return JSON.parse(manifestBytes(contents).toString()) as object;
}

function manifestBytes({ kind, manifest }: AnyParcel): Buffer {
  switch (kind) {
    case 'update':
      return formatManifest(manifest);
    case 'usb-pass':
      return formatUsbPass(manifest);
    case 'enrolment':
      return formatBundleManifest(manifest);
    case 'roster':
      return formatRoster(manifest);
    case 'log':
      return formatLog(manifest);
    default:
      return formatAck(manifest);
  }
}
