/** Copies what a key brings into the inbox, in the order in which it is wanted. */
import { FerrymanError } from '../errors.ts';
import { storeInInbox, type Copied } from '../inbox/inbox.ts';
import { maxParcelBytes } from '../parcel/limits.ts';
import type { Trust } from '../verify/trust.ts';
import { checkNotice, noticeBytes } from './check-notice.ts';
import type { KeyFile, KeyFolder, Skipped } from './read/names.ts';
import type { KeyVolume } from './read/volume.ts';

/** What is relied on by what comes after stands first. */
const folders: readonly KeyFolder[] = ['rosters', 'acks', 'enrolments', 'updates'];

export interface WantedFile extends KeyFile {
  readonly folder: KeyFolder;
}

export interface Wanted {
  readonly files: readonly WantedFile[];
  readonly leftAlone: readonly Skipped[];
}

/** @param guid of this node: enrolments of others are none of its business @throws FerrymanError `usb.*` */
export async function listWanted(volume: KeyVolume, guid: string): Promise<Wanted> {
  const files: WantedFile[] = [];
  const leftAlone: Skipped[] = [];
  for (const folder of folders) {
    const listing = await volume.list(folder);
    leftAlone.push(...listing.skipped.map(({ name, reason }) => ({ name: `${folder}/${name}`, reason })));
    const found = listing.files.filter(({ name }) => folder !== 'enrolments' || name === `${guid}.zip`);
    files.push(...inOrder(found).map((file) => ({ ...file, folder })));
  }
  return { files, leftAlone };
}

/** By the numbers in their names: updates require smaller sequences only. */
function inOrder(files: readonly KeyFile[]): KeyFile[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return files.toSorted((a, b) => compare(a.name, b.name));
}

/** As people and the ledger name it. */
export function shownName({ folder, name }: WantedFile): string {
  return folder === 'updates' ? name : `${folder}/${name}`;
}

export interface CopyListener {
  /** A file is copied whole, and becomes a parcel in the inbox as soon as this returns. */
  readonly copied: (file: WantedFile, copied: Copied) => void;
  /** One file cannot be taken; the others can. */
  readonly notTaken: (file: WantedFile, error: FerrymanError) => void;
  readonly percent: (percent: number) => void;
}

/** Where copies go, and by whom they are signed. */
export interface Destination {
  readonly inbox: string;
  readonly trust: () => Trust;
}

/** @throws FerrymanError `inbox.*`, `usb.*`, `trust.*`: what ends the visit; files before it stay copied */
export async function copyParcels(
  volume: KeyVolume,
  { inbox, trust }: Destination,
  files: readonly WantedFile[],
  listener: CopyListener,
): Promise<void> {
  const total = files.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  let bytes = 0;
  const counted = async function* (file: WantedFile): AsyncGenerator<Buffer> {
    const most = file.folder === 'updates' ? maxParcelBytes : noticeBytes[file.folder];
    for await (const chunk of volume.read(`${file.folder}/${file.name}`, most)) {
      bytes += chunk.length;
      listener.percent(total === 0 ? 100 : Math.min(99, Math.floor((100 * bytes) / total)));
      yield chunk;
    }
  };
  const contents = async function* (file: WantedFile): AsyncGenerator<Buffer> {
    if (file.folder === 'updates') {
      yield* counted(file);
      return;
    }
    const notice = await whole(counted(file));
    await checkNotice(file.folder, notice, trust());
    yield notice;
  };
  for (const file of files) {
    try {
      await storeInInbox(inbox, 'usb', contents(file), (copied) => listener.copied(file, copied));
    } catch (error) {
      if (!(error instanceof FerrymanError) || !isOfOneFile(error)) throw error;
      listener.notTaken(file, error);
    }
  }
}

async function whole(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

const roomsOfFiles: ReadonlySet<string> = new Set(['framing', 'signature', 'verify', 'zip', 'manifest']);

function isOfOneFile({ code }: FerrymanError): boolean {
  return (
    ['usb.too-large', 'usb.missing', 'usb.read'].includes(code) ||
    roomsOfFiles.has(code.split('.', 1)[0] ?? '')
  );
}
