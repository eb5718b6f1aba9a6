/**
 * Takes one file from the inbox into the ledger: framing, signatures, archive, manifest, first decision. What is no update may be a notice: a
 * roster, an acknowledgement, an enrolment. Whatever is wrong with it is recorded with its reason, and the rest of the queue goes on.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ChannelName } from '../channels/channel-name.ts';
import { isForWantOfTrust } from '../channels/channel.ts';
import { setAside } from '../channels/set-aside.ts';
import { FerrymanError } from '../errors.ts';
import type { InboxFile, ReceivedFile } from '../inbox/inbox.ts';
import type { RefusedFile } from '../ledger/refusals.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { UpdateManifest } from '../parcel/manifest.ts';
import { stateInWords } from '../plan/facts.ts';
import { raiseFloor } from '../plan/time-floor.ts';
import { queueShortLog } from '../report/delivery.ts';
import { composeShortLog } from '../report/short-log.ts';
import { addCopy, putUpdate } from '../store/relay-store.ts';
import { openHashed, prove, readArchive, type VerifiedFile } from '../store/verified-file.ts';
import type { Trust } from '../verify/trust.ts';
import type { Context } from './context.ts';
import { gatherEvidence } from './evidence.ts';
import { recordNotice, takeOfNode, takeOfOffice, type NoticeOfNow } from './notices/take-notice.ts';
import { decideAnew } from './plan-updates.ts';

/** A parcel in the inbox that proved to be the office's, open. */
interface StoredParcel extends VerifiedFile {
  readonly channel: ChannelName;
}

/**
 * @param name of the file in the channel's folder; '' when it was handed in
 * @returns `undefined` when the parcel is dealt with by its digest; the error when the file did not prove to be an update of the office
 * @throws FerrymanError with verdict `retry` or `halt` when nothing can be said now; the file stays in the inbox
 */
export async function admit(
  context: Context,
  trust: Trust,
  file: InboxFile & Partial<ReceivedFile>,
  name: string,
): Promise<FerrymanError | undefined> {
  let parcel;
  try {
    const proven = prove(await openHashed(file.path, 'refuse', file.hashed), trust);
    parcel = { ...proven, channel: file.channel };
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code.startsWith('source.')) throw error;
    if (error.code === 'verify.by-node')
      return admitNotice(context, { ...file, name }, error, () => takeOfNode(context, trust, file));
    refuse(context, { ...file, name }, error);
    return error;
  }
  try {
    const known = context.ledger.updates.find(parcel.digest);
    if (known) await welcomeCopy(context, trust, known, parcel);
    else await record(context, parcel);
    return undefined;
  } catch (error) {
    // Signed, and perhaps sound: but no update.
    if (!(error instanceof FerrymanError) || error.code !== 'manifest.other-kind') throw error;
    const notice = parcel;
    return await admitNotice(context, { ...file, name }, error, () => takeOfOffice(context, trust, notice));
  } finally {
    parcel.close();
  }
}

/** @param otherwise why it is refused when it is no notice either */
async function admitNotice(
  context: Context,
  file: InboxFile & RefusedFile,
  otherwise: FerrymanError,
  take: () => Promise<NoticeOfNow | undefined>,
): Promise<FerrymanError | undefined> {
  let problem = otherwise;
  try {
    const notice = await take();
    if (notice) {
      recordNotice(context, notice, file.channel);
      if (!notice.isKept) rmSync(file.path, { force: true }); // what is kept of it stands elsewhere
      return undefined;
    }
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.verdict !== 'reject') throw error;
    problem = error;
  }
  refuse(context, file, problem);
  return problem;
}

function refuse(
  { layout, ledger, host, tell }: Context,
  file: InboxFile & RefusedFile,
  error: FerrymanError,
): void {
  // Handed in, it stands nowhere else: it is kept for a key that comes later.
  if (file.name === '' && isForWantOfTrust(error))
    setAside({ folder: join(layout.setAside, file.channel) }, file.path);
  rmSync(file.path, { force: true }); // first: on a full disk the record may fail, and the copy must not stay
  const isNew = ledger.refusals.add(file, error, host.now());
  if (!isNew) return; // said before: junk that stays in a folder is met again at every start
  tell({
    level: 'warning',
    subject: `${file.name || `file ${file.fileHash.slice(0, 16)}`} by ${file.channel}`,
    text: `refused: ${error.message} [${error.code}]`,
    fileHash: file.fileHash,
    final: true,
  });
}

/** Another copy of a known update never runs it again; it may bring signatures, or restore a lost parcel. */
async function welcomeCopy(
  { layout, ledger, host, tell }: Context,
  trust: Trust,
  known: UpdateRow,
  parcel: StoredParcel,
): Promise<void> {
  const wrong =
    known.state === 'refused' && ledger.updates.rivals(known.sequence ?? 0, known.digest).length === 0;
  if (wrong) {
    rmSync(parcel.path, { force: true });
  } else {
    ledger.updates.setSigners(known.digest, await addCopy(layout, parcel, trust));
  }
  const text = `came again by ${parcel.channel}`;
  // Once per channel: a USB key is read again at every start.
  if (
    ledger.updates
      .transitions(known.digest)
      .some(({ reason }) => reason === text || reason === `by ${parcel.channel}`)
  )
    return;
  ledger.updates.note(known.digest, known.state, text, host.now());
  tell({
    level: 'info',
    subject: `update ${known.sequence ?? '?'}`,
    text: `${text}: it ${stateInWords(known.state)} already`,
    digest: known.digest,
  });
}

async function record(context: Context, parcel: StoredParcel): Promise<void> {
  const { layout, ledger } = context;
  let manifest;
  try {
    ({ manifest } = await readArchive(parcel));
  } catch (error) {
    if (
      !(error instanceof FerrymanError) ||
      error.verdict !== 'reject' ||
      error.code === 'manifest.other-kind'
    )
      throw error;
    recordUnreadable(context, parcel, error);
    return;
  }
  const read = manifest;
  const signatures = parcel.framing.comment.toString('latin1');
  const evidence = gatherEvidence(context, { digest: parcel.digest, signatures, manifest: read });
  ledger.transaction(() => {
    recordUpdate(context, parcel, read);
    ledger.proofs.add(parcel.digest, signatures);
    for (const side of evidence) ledger.refusals.addEvidence(side);
  });
  putUpdate(layout, parcel);
}

/** Signed by the office, but not in the format: refused by its digest, for good. */
function recordUnreadable(
  { ledger, host, tell, sinks }: Context,
  { digest, channel, path, proof }: StoredParcel,
  error: FerrymanError,
): void {
  const at = host.now();
  ledger.transaction(() => {
    ledger.updates.add({ digest, channel, signers: proof.signers, terms: undefined, at });
    ledger.updates.setState(digest, 'refused', error.message, at);
    const text = composeShortLog(undefined, { reason: error.message, title: digest.slice(0, 16) });
    queueShortLog(ledger, sinks, { digest, sequence: null, state: 'refused', text, createdAt: at });
  });
  rmSync(path, { force: true });
  tell({
    level: 'warning',
    subject: `parcel ${digest.slice(0, 16)}`,
    text: `refused: ${error.message} [${error.code}]`,
    digest,
    final: true,
  });
}

function recordUpdate(
  { ledger, host, config, tell, sinks }: Context,
  { digest, channel, proof }: StoredParcel,
  manifest: UpdateManifest,
): void {
  const at = host.now();
  const { sequence, title } = manifest;
  ledger.updates.add({ digest, channel, signers: proof.signers, terms: manifest, at });
  ledger.setFact('time-floor', raiseFloor(ledger.fact('time-floor'), manifest.created));
  const { state, reason } = decideAnew({ ledger, config }, manifest, digest);
  if (state !== 'ready') ledger.updates.setState(digest, state, reason, at);
  if (state === 'refused') {
    const text = composeShortLog(undefined, { reason, title });
    queueShortLog(ledger, sinks, { digest, sequence, state, text, createdAt: at });
  }
  tell({
    level: state === 'refused' ? 'error' : 'info',
    subject: `update ${sequence}`,
    text: `"${title}" by ${channel}: verified, ${state}${state === 'ready' ? '' : ` (${reason})`}`,
    digest,
  });
}
