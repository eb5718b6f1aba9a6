/** The files of a key, however they are come by. A key that was in the field may hold anything: nothing here trusts it. */
import type { FolderListing } from '../read/names.ts';

export interface KeyFiles {
  /** @param folder from the root of the key: `ferryman/updates`. One that is not there is empty @throws FerrymanError `usb.*` */
  list(folder: string): Promise<FolderListing>;
  /** @throws FerrymanError `usb.missing`, `usb.too-large` above `maxBytes`, `usb.read` and others */
  read(path: string, maxBytes: number): AsyncIterable<Buffer>;
}

export const updatesFolder = 'ferryman/updates';

/** Where notices stand on a key, by what is in them. */
export const noticeFolders = {
  roster: 'ferryman/rosters',
  ack: 'ferryman/acks',
  enrolment: 'ferryman/enrolments',
} as const;
export type NoticeKind = keyof typeof noticeFolders;
export const noticeKinds = Object.keys(noticeFolders) as readonly NoticeKind[];

export const reportsFolder = 'ferryman/reports';

/** The name of an update, or a roster, on a key: in the order of numbers, whatever lists it. */
export function updateName(sequence: number): string {
  return `${String(sequence).padStart(12, '0')}.zip`;
}
