import type { AnyParcel } from '../../src/parcel/any-parcel.ts';

/** What minisign shows of a signature: it means nothing, and helps a person who holds a detached one. */
export function trustedComment({ kind, manifest }: AnyParcel): string {
  switch (kind) {
    case 'update':
      return `ferryman update ${manifest.sequence}`;
    case 'usb-pass':
      return `ferryman usb-pass ${manifest.volume}`;
    case 'enrolment':
      return `ferryman enrolment ${manifest.serial}`;
    case 'roster':
      return `ferryman roster ${manifest.number}`;
    default:
      return `ferryman ${kind} ${manifest.created}`;
  }
}
