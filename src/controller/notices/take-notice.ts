/**
 * Parcels that are no updates and concern this node all the same: rosters, acknowledgements, enrolments. By whatever channel they came,
 * each is taken into use here, in its own file; whether neighbours are met or not makes no difference.
 */
import { FerrymanError } from '../../errors.ts';
import type { InboxFile } from '../../inbox/inbox.ts';
import type { Notice } from '../../ledger/notices.ts';
import { openManifest } from '../../parcel/archive.ts';
import type { HashedParcel } from '../../parcel/framing.ts';
import { maxAckBytes } from '../../parcel/limits.ts';
import { kindIn } from '../../parcel/parcel-kind.ts';
import { openHashed, type VerifiedFile } from '../../store/verified-file.ts';
import type { Trust } from '../../verify/trust.ts';
import type { Context } from '../context.ts';

/** A notice, and what is to become of its file. */
export interface NoticeOfNow extends Notice {
  /** This machine lacks something that may be there at the next look: the file stays in the inbox. */
  readonly isKept?: true;
}

/**
 * Takes what the office has signed.
 *
 * @returns `undefined`: it is of no use to a node by itself, such as the pass of a USB key
 * @throws FerrymanError `zip.*`, `manifest.*`, `enrol.*`, `enrolment.*`, `ssh.*`, `roster.fork`; those with verdict `reject` are about the parcel
 */
export async function takeOfOffice(
  context: Context,
  trust: Trust,
  parcel: VerifiedFile,
): Promise<NoticeOfNow | undefined> {
  switch (await kindOf(parcel)) {
    case 'roster': {
      const { takeRoster } = await import('./roster.ts');
      return takeRoster(context, trust, parcel);
    }
    case 'enrolment': {
      const { takeEnrolment } = await import('./enrolment.ts');
      return takeEnrolment(context, trust, parcel);
    }
    default:
      return undefined;
  }
}

/**
 * Takes what a node has signed that the office has enrolled.
 *
 * @returns `undefined`: it is no acknowledgement. Archives of logs travel between neighbours, and by hand to a proxy
 * @throws FerrymanError `source.*`, `framing.*`, `signature.*`, `enrolment.*`, `zip.*`, `manifest.*`
 */
export async function takeOfNode(
  context: Context,
  trust: Trust,
  { path, hashed }: InboxFile & { readonly hashed?: HashedParcel | undefined },
): Promise<Notice | undefined> {
  const file = await openHashed(path, 'refuse', hashed);
  try {
    if (file.framing.size > maxAckBytes) return undefined;
    const { takeAck } = await import('./acknowledgement.ts');
    return await takeAck(context, trust, file);
  } finally {
    file.close();
  }
}

export async function kindOf({
  source,
  framing,
}: Pick<VerifiedFile, 'source' | 'framing'>): Promise<ReturnType<typeof kindIn>> {
  return kindIn((await openManifest(source, framing.eocdOffset)).bytes);
}

/** Keeps what came of it, and says so once. */
export function recordNotice({ ledger, host, tell }: Context, notice: Notice, channel: string): void {
  const { digest, title, isTaken, outcome } = notice;
  const isNews = ledger.notices.add(notice, host.now());
  const level = isNews ? (isTaken ? 'info' : 'warning') : 'debug';
  tell({ level, subject: title, text: `by ${channel}: ${outcome}`, digest });
}

/** What is missing on this machine, and no fault of the parcel. */
export function isOfMachine(error: unknown): error is FerrymanError {
  return error instanceof FerrymanError && error.verdict !== 'reject';
}
