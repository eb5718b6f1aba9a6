/** A parcel of whatever kind: for programs that pass on, sign or show what they are given. */
import { asUpdate, discard, openManifest, readContents } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { formatManifest, type UpdateManifest } from './manifest.ts';
import { kindIn } from './parcel-kind.ts';
import { asUsbPass, formatUsbPass, type UsbPass } from './usb-pass.ts';

export type AnyParcel =
  | { readonly kind: 'update'; readonly manifest: UpdateManifest }
  | { readonly kind: 'usb-pass'; readonly manifest: UsbPass };

/**
 * Reads everything in the archive, as a node would. What claims no kind that is known is read as an update, which tells what is wrong.
 *
 * @param eocdOffset where framing found the end record
 * @throws FerrymanError `zip.*`, `manifest.*`
 */
export async function readAnyParcel(source: ByteSource, eocdOffset: number): Promise<AnyParcel> {
  const opened = await openManifest(source, eocdOffset);
  if (kindIn(opened.bytes) === 'usb-pass') return { kind: 'usb-pass', manifest: asUsbPass(opened) };
  const archive = asUpdate(opened);
  await readContents(source, archive, () => discard);
  return { kind: 'update', manifest: archive.manifest };
}

/** The parcel as a sentence speaks of it: `update 42 "fix-clock"`, `pass of Ravi on the key 3EF5-2A49`. */
export function parcelInWords({ kind, manifest }: AnyParcel): string {
  return kind === 'update'
    ? `update ${manifest.sequence} "${manifest.title}"`
    : `pass of ${manifest.technician} on the key ${manifest.volume}`;
}

/** The manifest as it stands in the parcel. */
export function manifestJson({ kind, manifest }: AnyParcel): object {
  const bytes = kind === 'update' ? formatManifest(manifest) : formatUsbPass(manifest);
  return JSON.parse(bytes.toString()) as object;
}
