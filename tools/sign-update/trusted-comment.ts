import type { AnyParcel } from '../../src/parcel/any-parcel.ts';

/** What minisign shows of a signature: it means nothing, and helps a person who holds a detached one. */
export function trustedComment({ kind, manifest }: AnyParcel): string {
  return kind === 'update' ? `ferryman update ${manifest.sequence}` : `ferryman usb-pass ${manifest.volume}`;
}
