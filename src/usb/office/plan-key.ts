/** What a key is to hold: its pass, notices and updates, held against each other before anything is written. */
import { about, FerrymanError } from '../../errors.ts';
import { maxPassBytes } from '../../parcel/limits.ts';
import { fileChunks, withFile } from '../../durable/file-source.ts';
import { formatTimestamp } from '../../parcel/timestamp.ts';
import type { Trust } from '../../verify/trust.ts';
import { noticeFolders, noticeKinds, updateName, updatesFolder, type NoticeKind } from './key-files.ts';
import { lookAtNotice, type LookedNotice } from './look-at-notice.ts';
import { lookAtPass, lookAtUpdate, type LookedPass, type LookedUpdate } from './look-at-parcel.ts';

/** An update, and where it comes from. */
export interface PlannedUpdate extends LookedUpdate {
  readonly source: string;
  /** On the key, in `ferryman/updates`. */
  readonly name: string;
}

/** A roster, an acknowledgement or an enrolment, and where it comes from. */
export interface PlannedNotice extends LookedNotice {
  readonly source: string;
}

/** A file as it is to stand on the key. */
export interface PlannedFile {
  /** From the root of the key. */
  readonly path: string;
  readonly source: string;
  readonly bytes: number;
  readonly fileHash: string;
}

export interface KeyPlan {
  readonly pass: LookedPass;
  readonly passBytes: Buffer;
  readonly notices: readonly PlannedNotice[];
  /** By sequence. */
  readonly updates: readonly PlannedUpdate[];
  /** Each a line for a person. */
  readonly warnings: readonly string[];
}

export interface KeyWishes {
  readonly passFile: string;
  readonly updateFiles: readonly string[];
  readonly noticeFiles: Readonly<Record<NoticeKind, readonly string[]>>;
  /** `undefined`: signatures are not checked. */
  readonly trust: Trust | undefined;
  /** The office's clock, milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * @throws FerrymanError `source.*`, `framing.*`, `signature.*`, `verify.*`, `zip.*`, `manifest.*`, and `usb.pass-*` for a pass that would
 *   not let the updates be applied
 */
export async function planKey({
  passFile,
  updateFiles,
  noticeFiles,
  trust,
  nowMs,
}: KeyWishes): Promise<KeyPlan> {
  const passBytes = await readUpTo(passFile, maxPassBytes + 1);
  const pass = await naming(passFile, () => lookAtPass(passBytes, trust));
  const now = formatTimestamp(nowMs);
  checkPass(passFile, pass, updateFiles.length, now);
  const updates: PlannedUpdate[] = [];
  for (const source of updateFiles) {
    const looked = await naming(source, () => lookAtUpdate(source, 'follow', trust));
    updates.push({ ...looked, source, name: updateName(looked.manifest.sequence) });
  }
  const notices: PlannedNotice[] = [];
  for (const kind of noticeKinds)
    for (const source of noticeFiles[kind])
      notices.push({
        source,
        ...(await naming(source, () => lookAtNotice(source, 'follow', kind, trust))),
      });
  const ordered = onceEach(updates.toSorted((a, b) => a.manifest.sequence - b.manifest.sequence));
  return {
    pass,
    passBytes,
    notices: withoutDoubles(notices),
    updates: ordered,
    warnings: [
      ...notices.flatMap((notice) => strangerOf(notice, pass)),
      ...ordered.flatMap((update) => doubtsOf(update, pass, now)),
    ],
  };
}

/** All but the pass, in the order in which they are written. */
export function plannedFiles({ notices, updates }: Pick<KeyPlan, 'notices' | 'updates'>): PlannedFile[] {
  return [
    ...notices.map((notice) => ({ ...notice, path: `${noticeFolders[notice.kind]}/${notice.name}` })),
    ...updates.map((update) => ({ ...update, path: `${updatesFolder}/${update.name}` })),
  ];
}

/** The same notice twice is one. @throws FerrymanError `output.exists` for two contents under one name */
function withoutDoubles(notices: readonly PlannedNotice[]): PlannedNotice[] {
  const seen = new Map<string, PlannedNotice>();
  for (const notice of notices) {
    const key = `${notice.kind}/${notice.name}`;
    const before = seen.get(key);
    if (before && before.fileHash !== notice.fileHash)
      throw new FerrymanError(
        'output.exists',
        `${notice.source}: expected one ${notice.title}, found another in ${before.source}`,
      );
    seen.set(key, before ?? notice);
  }
  return [...seen.values()];
}

function strangerOf({ title, node }: PlannedNotice, { terms }: LookedPass): string[] {
  if (node === undefined || canMeet(terms.recipients, [node])) return [];
  return [`${title}: the pass is for ${shorten(terms.recipients)}: perhaps the node does not let the key in`];
}

function checkPass(file: string, { terms }: LookedPass, updates: number, now: string): void {
  if (terms.notAfter !== undefined && now > terms.notAfter)
    throw new FerrymanError(
      'usb.pass-expired',
      `${file}: expected a pass that is still good, found one until ${terms.notAfter}`,
    );
  if (updates > 0 && !terms.may.includes('apply'))
    throw new FerrymanError(
      'usb.pass-not-for-this',
      `${file}: expected a pass that may "apply", found "${terms.may.join('", "')}"`,
    );
}

/** The same update twice is one. @throws FerrymanError `output.exists` for two contents under one sequence */
function onceEach(updates: readonly PlannedUpdate[]): PlannedUpdate[] {
  return updates.filter((update, index) => {
    const before = updates[index - 1];
    if (before?.manifest.sequence !== update.manifest.sequence) return true;
    if (before.digest === update.digest) return false;
    throw new FerrymanError(
      'output.exists',
      `${update.source}: expected one content for sequence ${update.manifest.sequence}, found another in ${before.source}`,
    );
  });
}

function doubtsOf({ manifest }: PlannedUpdate, { terms }: LookedPass, now: string): string[] {
  const subject = `update ${manifest.sequence} "${manifest.title}"`;
  const doubts: string[] = [];
  if (!canMeet(terms.recipients, manifest.recipients))
    doubts.push(
      `${subject} is for ${shorten(manifest.recipients)}, the pass for ${shorten(terms.recipients)}: perhaps no node is both`,
    );
  if (manifest.expires !== undefined && now > manifest.expires)
    doubts.push(`${subject} has expired at ${manifest.expires}`);
  return doubts;
}

/** True when some node is certainly named by both, or by `all`. What groups and roles a node has is not known here. */
function canMeet(one: readonly string[], other: readonly string[]): boolean {
  return one.includes('all') || other.includes('all') || one.some((who) => other.includes(who));
}

function shorten(recipients: readonly string[]): string {
  const more = recipients.length - 3;
  return recipients.slice(0, 3).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

async function naming<Result>(file: string, look: () => Promise<Result>): Promise<Result> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.message.startsWith(file)) throw error;
    throw about(file, error);
  }
}

function readUpTo(path: string, maxBytes: number): Promise<Buffer> {
  return withFile(path, 'follow', async (fd) => {
    for await (const chunk of fileChunks(fd, maxBytes)) return chunk;
    return Buffer.alloc(0);
  });
}
