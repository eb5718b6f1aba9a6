/**
 * Whether a copy from a folder of notices is what belongs there. A pass that lets no updates in, or none any more, must not be got round by an
 * update in the folder of rosters. What the notice is worth is found out in the inbox, as with everything.
 */
import { openManifest } from '../parcel/archive.ts';
import { bufferSource } from '../parcel/buffer-source.ts';
import { FerrymanError } from '../errors.ts';
import { hashParcel } from '../parcel/framing.ts';
import { maxAckBytes, maxBundleBytes, maxRosterBytes } from '../parcel/limits.ts';
import { kindIn, type ParcelKind } from '../parcel/parcel-kind.ts';
import { parseComment } from '../parcel/signature-block.ts';
import type { Trust } from '../verify/trust.ts';
import { verify } from '../verify/verify.ts';
import type { KeyFolder } from './read/names.ts';

export type NoticeFolder = Exclude<KeyFolder, 'updates'>;

export const noticeBytes: Readonly<Record<NoticeFolder, number>> = {
  rosters: maxRosterBytes,
  acks: maxAckBytes,
  enrolments: maxBundleBytes,
};

const kinds: Readonly<Record<Exclude<NoticeFolder, 'acks'>, ParcelKind>> = {
  rosters: 'roster',
  enrolments: 'enrolment',
};

/** @throws FerrymanError `framing.*`, `signature.*`, `verify.*`, `trust.*`, `zip.*`, `manifest.*` */
export async function checkNotice(folder: NoticeFolder, bytes: Buffer, trust: Trust): Promise<void> {
  const { digest, framing } = hashParcel(bytes);
  const signed = { digest, blocks: parseComment(framing.comment) };
  if (folder === 'acks') return checkByNode(signed, trust);
  verify(signed, trust);
  const found = kindIn((await openManifest(bufferSource(bytes), framing.eocdOffset)).bytes);
  if (found !== kinds[folder]) throw misplaced(folder);
}

/** What a node has signed is never an update. */
function checkByNode(signed: Parameters<typeof verify>[0], trust: Trust): void {
  try {
    verify(signed, trust);
  } catch (error) {
    if (error instanceof FerrymanError && error.code === 'verify.by-node') return;
    throw error;
  }
  throw misplaced('acks');
}

function misplaced(folder: NoticeFolder): FerrymanError {
  return new FerrymanError(
    'manifest.other-kind',
    `expected what belongs into ferryman/${folder}, found another kind of parcel`,
  );
}
