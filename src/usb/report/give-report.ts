/** Gives a key what it carries home, where it can take it. */
import { FerrymanError } from '../../errors.ts';
import type { Admission } from '../admission.ts';
import type { KeyVolume } from '../read/volume.ts';
import type { Surroundings } from '../surroundings.ts';
import { gatherCarried, nothingCarried, type Carried } from './carry-home.ts';
import { gatherReport } from './gather-report.ts';
import { gatherReceipts } from './gather-receipts.ts';
import { writeReport } from './write-report.ts';

/** What is known of the visit that a report is about. */
export interface ReportedVisit {
  /** In the ledger. */
  readonly id: number;
  readonly admission: Admission;
  /** Why the key is not let in; `undefined`: it is. */
  readonly problem: FerrymanError | undefined;
  /** Names of the files that are copied next. */
  readonly next: readonly string[];
}

/**
 * Whoever calls this has shown that the key stays in. A key that cannot be written to gets nothing, and that is told; only what
 * concerns the key itself (it was pulled) is thrown.
 *
 * @throws FerrymanError `usb.pulled`, `usb.stalled`; the reason of the volume's signal
 */
export async function giveReport(
  surroundings: Surroundings,
  volume: KeyVolume,
  { id, admission, problem, next }: ReportedVisit,
): Promise<void> {
  const { ledger, layout, host, tell, show } = surroundings;
  if (!volume.writable) return;
  const { fileSystem } = volume;
  const { pass } = admission;
  const status = surroundings.status();
  const files = ledger.usb.recentFiles(fileSystem.uuid);
  const visit = ledger.usb.find(id);
  const at = host.now();
  const granted = pass?.terms.uses;
  const uses =
    pass && granted !== undefined ? { granted, counted: ledger.usb.usesOf(pass.digest) } : undefined;
  const carried = await carriedBy(surroundings, volume, admission);
  const technician = pass?.terms.technician;
  const carrier = { fileSystem, technician, uses, problem, carried: carried.sentences, next };
  const report = gatherReport(ledger, status, files, carrier, at);
  show({ kind: 'reading', text: 'Writing the report to the key.' });
  try {
    const confidential = pass &&
      visit && {
        status,
        receipts: gatherReceipts(ledger, status.node.guid, { visit, files }, at),
        carried,
      };
    await writeReport(volume, layout, report, confidential);
  } catch (error) {
    if (!(error instanceof FerrymanError) || !error.code.startsWith('usb.write')) throw error;
    const text = `the report was not written: ${error.message} [${error.code}]`;
    tell({ level: 'warning', subject: `usb: key ${fileSystem.uuid}`, text });
  }
}

async function carriedBy(
  surroundings: Surroundings,
  volume: KeyVolume,
  { pass, mayCollectLogs }: Admission,
): Promise<Carried> {
  if (!pass) return nothingCarried;
  const folder = `reports/${surroundings.config.node.guid}`;
  const sizes = mayCollectLogs ? await sizesOn(volume, `${folder}/archives`) : undefined;
  return gatherCarried(surroundings, mayCollectLogs, (name) => sizes?.get(`${folder}/${name}`));
}

/** What cannot be listed is written again. */
async function sizesOn(volume: KeyVolume, folder: string): Promise<ReadonlyMap<string, number>> {
  try {
    return await volume.sizesBelow(folder);
  } catch (error) {
    if (error instanceof FerrymanError && error.code === 'usb.read') return new Map();
    throw error;
  }
}
