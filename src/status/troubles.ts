/** What needs a person, worst first. Pure. Everything else a node copes with by itself. */
import { bytesInWords } from '../command-line/bytes.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import type { Disk, Status } from './facts.ts';

/** Below this an update of usual size, its unpacked tree and its logs may not fit any more. */
const lowBytes = 64 * 1024 * 1024;
/** Files that the file system can still hold; 0 where it does not count them. */
const lowFiles = 500;

/** One line each, in lower case; none: all is well. */
export function troublesOf(status: Status): string[] {
  const {
    trustProblem,
    configProblem,
    equivocations,
    worker,
    disk,
    unresolved,
    failedVersion,
    revokedSerial,
  } = status;
  return [
    ...(trustProblem === null ? [] : [`nothing can be verified: ${trustProblem}`]),
    ...(equivocations.length === 0
      ? []
      : [`two different parcels were signed as ${listed(equivocations)}: tell the office`]),
    ...(configProblem === null ? [] : [`config.toml is broken, an earlier one is at work: ${configProblem}`]),
    ...(revokedSerial === null
      ? []
      : [`the office has revoked this node's enrolment, serial ${revokedSerial}: neighbours refuse it`]),
    ...(worker === undefined ? ['ferryman is not running: nothing is taken in or run'] : []),
    ...(failedVersion === null ? [] : [`ferryman ${failedVersion} did not work and was taken back`]),
    ...(isLow(disk) ? [`the disk is nearly full: ${diskInWords(disk)}`] : []),
    ...(unresolved.length === 0 ? [] : [`${failuresInWords(unresolved)}: see ferryman log`]),
  ];
}

export function diskInWords({ freeBytes, totalBytes, freeFiles }: Disk): string {
  const files = freeFiles > 0 && freeFiles < lowFiles ? `, ${freeFiles} more files` : '';
  return `${bytesInWords(freeBytes)} free of ${bytesInWords(totalBytes)}${files}`;
}

function isLow({ freeBytes, freeFiles, totalBytes }: Disk): boolean {
  return (freeBytes < lowBytes && totalBytes > 0) || (freeFiles > 0 && freeFiles < lowFiles);
}

function failuresInWords(rows: readonly UpdateRow[]): string {
  const [only] = rows;
  return rows.length === 1 && only
    ? `update ${only.sequence ?? '?'} ${only.state === 'interrupted' ? 'was interrupted' : only.state === 'failed' ? 'failed' : 'timed out'}`
    : `${rows.length} updates did not succeed: ${listed(rows.map(({ sequence }) => sequence ?? 0))}`;
}

/** The first few of some numbers. */
function listed(numbers: readonly number[]): string {
  const few = numbers.slice(0, 8).join(', ');
  return numbers.length > 8 ? `${few} and ${numbers.length - 8} more` : few;
}
