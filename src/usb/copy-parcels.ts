/** Copies what a key brings into the inbox, in the order in which it is wanted. */
import { FerrymanError } from '../errors.ts';
import { storeInInbox, type Copied } from '../inbox/inbox.ts';
import { maxParcelBytes } from '../parcel/limits.ts';
import type { KeyFile, KeyFolder, Skipped } from './read/names.ts';
import type { KeyVolume } from './read/volume.ts';

/** What is relied on by what comes after stands first. */
const folders: readonly KeyFolder[] = ['rosters', 'acks', 'updates'];
/** Folders whose parcels this version of ferryman has a use for. */
const useful: ReadonlySet<KeyFolder> = new Set(['updates']);

export interface WantedFile extends KeyFile {
  readonly folder: KeyFolder;
}

export interface Wanted {
  readonly files: readonly WantedFile[];
  readonly leftAlone: readonly Skipped[];
}

/** @throws FerrymanError `usb.*` */
export async function listWanted(volume: KeyVolume): Promise<Wanted> {
  const files: WantedFile[] = [];
  const leftAlone: Skipped[] = [];
  for (const folder of folders) {
    const listing = await volume.list(folder);
    leftAlone.push(...listing.skipped.map(({ name, reason }) => ({ name: `${folder}/${name}`, reason })));
    if (useful.has(folder)) files.push(...inOrder(listing.files).map((file) => ({ ...file, folder })));
    else
      leftAlone.push(
        ...listing.files.map(({ name }) => ({
          name: `${folder}/${name}`,
          reason: 'this version of ferryman has no use for it',
        })),
      );
  }
  return { files, leftAlone };
}

/** By the numbers in their names: updates require smaller sequences only. */
function inOrder(files: readonly KeyFile[]): KeyFile[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return files.toSorted((a, b) => compare(a.name, b.name));
}

export interface CopyListener {
  /** A file is copied whole, and becomes a parcel in the inbox as soon as this returns. */
  readonly copied: (file: WantedFile, copied: Copied) => void;
  /** One file cannot be taken; the others can. */
  readonly notTaken: (file: WantedFile, error: FerrymanError) => void;
  readonly percent: (percent: number) => void;
}

/** @throws FerrymanError `inbox.*`, `usb.*`: what ends the visit; files before it stay copied */
export async function copyParcels(
  volume: KeyVolume,
  inbox: string,
  files: readonly WantedFile[],
  listener: CopyListener,
): Promise<void> {
  const total = files.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  let bytes = 0;
  const counted = async function* (file: WantedFile): AsyncGenerator<Buffer> {
    for await (const chunk of volume.read(`${file.folder}/${file.name}`, maxParcelBytes)) {
      bytes += chunk.length;
      listener.percent(total === 0 ? 100 : Math.min(99, Math.floor((100 * bytes) / total)));
      yield chunk;
    }
  };
  for (const file of files) {
    try {
      await storeInInbox(inbox, 'usb', counted(file), (copied) => listener.copied(file, copied));
    } catch (error) {
      if (!(error instanceof FerrymanError) || !isOfOneFile(error)) throw error;
      listener.notTaken(file, error);
    }
  }
}

function isOfOneFile({ code }: FerrymanError): boolean {
  return ['usb.too-large', 'usb.missing', 'usb.read', 'framing.too-large'].includes(code);
}
