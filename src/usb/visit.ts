/**
 * One insertion of a key: its pass is judged, what earlier visits came to is written back, and what it brings is copied into
 * the inbox. Nothing runs here, and what stands on the key decides nothing: the copy in the inbox does.
 */
import { counted } from '../command-line/counted.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import type { VisitState } from '../ledger/rows.ts';
import { printable } from '../parcel/printable.ts';
import { admitKey, type Admission } from './admission.ts';
import { copyParcels, listWanted, shownName, type Wanted, type WantedFile } from './copy-parcels.ts';
import { openVolume, type KeyVolume } from './read/volume.ts';
import { giveReport } from './report/give-report.ts';
import { phoneCodeOf, phoneCodes } from './show/codes.ts';
import type { FileSystem, Stick } from './stick.ts';
import type { Surroundings } from './surroundings.ts';

/** A visit that has come to its end. */
export interface Visit {
  /** In the ledger. */
  readonly id: number;
  readonly stick: Stick;
  /** `undefined`: it has none that can be read. */
  readonly fileSystem: FileSystem | undefined;
  readonly admission: Admission | undefined;
  /** Why it was not let in, or not read to its end. */
  readonly problem: FerrymanError | undefined;
  /** Its file system takes what is written back. */
  readonly isWritable: boolean;
  /** What it was to bring. */
  readonly wanted: readonly WantedFile[];
  /** Of the parcels that were copied. */
  readonly digests: readonly string[];
  /** All that there is to tell of it stands on the key, as far as the key can be written to. */
  readonly isTold: boolean;
}

/** How much of a visit is known so far. */
interface Progress {
  fileSystem?: FileSystem;
  admission?: Admission;
  isWritable: boolean;
  wanted: readonly WantedFile[];
  digests: string[];
  isTold: boolean;
}

/**
 * Shows and records how it goes on; when this returns, nothing uses the key any more.
 *
 * @param signal aborted when the key is pulled, or the daemon stops
 */
export async function visitKey(
  surroundings: Surroundings,
  stick: Stick,
  signal: AbortSignal,
): Promise<Visit> {
  const { ledger, host, show } = surroundings;
  show({ kind: 'plugged', text: 'A key was plugged in.' });
  const id = ledger.usb.begin({ ...stick, at: host.now() });
  const progress: Progress = { isWritable: false, wanted: [], digests: [], isTold: false };
  let problem: FerrymanError | undefined;
  try {
    await readKey(surroundings, { id, stick, progress }, signal);
  } catch (error) {
    problem = asProblem(error);
  }
  ledger.usb.setState(id, stateOf(problem), problem);
  ledger.usb.end(id, host.now());
  tellEnd(surroundings, progress, problem);
  const { fileSystem, admission } = progress;
  return { ...progress, id, stick, fileSystem, admission, problem };
}

/** A visit that the ledger knows nothing of: it is shown all the same. */
export function unrecordedVisit(stick: Stick, error: unknown): Visit {
  const nothing: Progress = { isWritable: false, wanted: [], digests: [], isTold: true };
  return { ...nothing, id: 0, stick, fileSystem: undefined, admission: undefined, problem: asProblem(error) };
}

interface Begun {
  readonly id: number;
  readonly stick: Stick;
  readonly progress: Progress;
}

/** @throws FerrymanError why the key is refused, or could not be read to its end */
async function readKey(surroundings: Surroundings, begun: Begun, signal: AbortSignal): Promise<void> {
  const { ledger } = surroundings;
  const { id, stick, progress } = begun;
  const volume = await openVolume(stick.device, { signal, path: surroundings.path });
  try {
    progress.fileSystem = volume.fileSystem;
    progress.isWritable = volume.writable;
    const { uuid, label, type } = volume.fileSystem;
    ledger.usb.learn(id, { volume: uuid, label, fileSystem: type });
    const admission = await admitKey(surroundings, volume, stick);
    progress.admission = admission;
    const { pass } = admission;
    if (pass) {
      const { technician, uses: passUses = null } = pass.terms;
      ledger.usb.learn(id, { technician, passDigest: pass.digest, passUses });
    }
    const wanted = await listWanted(volume, surroundings.config.node.guid);
    progress.wanted = wanted.files;
    const problem = problemOf(admission, wanted);
    if (problem && isNotForUs(problem, wanted)) throw problem;
    if (!problem) recordLeftAlone(surroundings, id, wanted);
    const files = wanted.files.filter((file) => isLetIn(file, admission));
    await giveReport(surroundings, volume, { id, admission, problem, next: files.map(shownName) });
    progress.isTold = true;
    if (files.length > 0) await takeAll(surroundings, begun, volume, files);
    if (problem) throw problem;
  } finally {
    await volume.close();
  }
}

/** Whatever it is, the visit is closed with it: an open one looks like a key that is still being read. */
function asProblem(error: unknown): FerrymanError {
  if (error instanceof FerrymanError) return error;
  if (isSystemError(error)) return new FerrymanError('system.failed', error.message, { cause: error });
  return new FerrymanError('internal.bug', `visit of a key: ${String(error)}`, { cause: error });
}

/** `ignored`: it has no valid pass, or none that grants more. */
function stateOf(problem: FerrymanError | undefined): VisitState {
  if (!problem) return 'safe';
  return problem.code.startsWith('usb.pass-') ? 'ignored' : 'failed';
}

/** A pass that only carries logs home is as it should be, while there are no updates on the key. */
function problemOf({ refusal }: Admission, { files }: Wanted): FerrymanError | undefined {
  const hasUpdates = files.some(({ folder }) => folder === 'updates');
  return refusal?.code === 'usb.pass-not-for-this' && !hasUpdates ? undefined : refusal;
}

function isLetIn({ folder }: WantedFile, { refusal, mayBringNotices }: Admission): boolean {
  return folder === 'updates' ? !refusal : mayBringNotices;
}

/** Somebody's own key, which was never made for ferryman: it is not written to. */
function isNotForUs({ code }: FerrymanError, { files, leftAlone }: Wanted): boolean {
  return code === 'usb.pass-missing' && files.length === 0 && leftAlone.length === 0;
}

const notCopied = { fileHash: null, digest: null };

function recordLeftAlone({ ledger }: Surroundings, id: number, { leftAlone }: Wanted): void {
  ledger.usb.addFiles(
    id,
    leftAlone.map(({ name, reason }) => ({
      ...notCopied,
      name,
      error: { code: 'usb.left-alone', message: reason },
    })),
  );
}

async function takeAll(
  surroundings: Surroundings,
  { id, progress }: Begun,
  volume: KeyVolume,
  files: Wanted['files'],
): Promise<void> {
  const { ledger, layout, show, host, trust } = surroundings;
  const { usb } = ledger;
  progress.isTold = false;
  const text = `Copying from the key: ${counted(files.length, 'file')}.`;
  show({ kind: 'reading', text, percent: 0 });
  const passDigest = progress.admission?.pass?.digest;
  await copyParcels(volume, { inbox: layout.inbox, trust }, files, {
    percent: (percent) => show({ kind: 'reading', text, percent }),
    copied: (file, { fileHash, hashed }) => {
      const isUpdate = file.folder === 'updates';
      const isNew = isUpdate && hashed !== undefined && !ledger.updates.has(hashed.digest);
      if (isNew && passDigest !== undefined) usb.countUse(passDigest, id, host.now());
      usb.addFile(id, { name: shownName(file), fileHash, digest: hashed?.digest ?? null });
      if (hashed) progress.digests.push(hashed.digest);
    },
    notTaken: (file, error) => usb.addFile(id, { ...notCopied, name: shownName(file), error }),
  });
}

function tellEnd(
  { tell }: Surroundings,
  { fileSystem, admission, digests }: Progress,
  problem: FerrymanError | undefined,
): void {
  const key = fileSystem === undefined ? 'a key' : `key ${fileSystem.uuid || 'without UUID'}`;
  const by = admission?.pass ? ` of ${admission.pass.terms.technician}` : '';
  if (!problem) {
    const text = `${counted(digests.length, 'parcel')} copied; it may be pulled`;
    tell({ level: 'info', subject: `usb: ${printable(key)}${by}`, text });
    return;
  }
  const code = phoneCodeOf(problem.code);
  tell({
    level: 'warning',
    subject: `usb: ${printable(key)}${by}`,
    text: `${phoneCodes[code].means} ${code}\n${stackOf(problem) ?? problem.message} [${problem.code}]`,
  });
}

/** Of a defect, which somebody has to find. */
function stackOf({ code, cause }: FerrymanError): string | undefined {
  return code === 'internal.bug' && cause instanceof Error ? cause.stack : undefined;
}
