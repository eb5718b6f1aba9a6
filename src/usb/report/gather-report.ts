/** The facts of a report, as the ledger has them at this moment. */
import type { FerrymanError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { UpdateRow, VisitFileRow } from '../../ledger/rows.ts';
import { printable } from '../../parcel/printable.ts';
import type { Status } from '../../status/facts.ts';
import { troublesOf } from '../../status/troubles.ts';
import { phoneCodeOf, phoneCodes } from '../show/codes.ts';
import type { FileSystem } from '../stick.ts';
import type { KeyReport, NotTaken, ReportedNotice, ReportedUpdate } from './key-report.ts';

export interface Carrier {
  readonly fileSystem: FileSystem;
  /** By its pass; `undefined`: it has none that counts, and is told nothing of this node but why it was refused. */
  readonly technician: string | undefined;
  /** Visits that its pass grants to this node, and how many of them have been counted; `undefined`: any number. */
  readonly uses: { readonly granted: number; readonly counted: number } | undefined;
  /** Why it was not let in, or not read to its end. */
  readonly problem: FerrymanError | undefined;
  /** What it carries home from here, a sentence each. */
  readonly carried: readonly string[];
  /** Names of the files that are copied from it next. */
  readonly next: readonly string[];
}

/** @param files of this key, by all its visits that are remembered, newest first */
export function gatherReport(
  ledger: Ledger,
  status: Status,
  files: readonly VisitFileRow[],
  { fileSystem, technician, uses, problem, carried, next }: Carrier,
  at: string,
): KeyReport {
  const isKnown = technician !== undefined;
  const newest = Math.max(0, ...files.map(({ visit }) => visit));
  const before = new Set(files.map(({ name }) => name));
  const found = isKnown ? files.map((file) => ({ ...outcomeOf(ledger, file), visit: file.visit })) : [];
  return {
    node: isKnown ? status.node : { guid: status.node.guid, role: '', groups: [] },
    at,
    clockBehind: status.clockBehind,
    volume: { uuid: fileSystem.uuid, label: fileSystem.label },
    technician,
    visitsLeft: uses && {
      left: Math.max(0, uses.granted - uses.counted),
      granted: uses.granted,
      isBeforeCopy: next.length > 0,
    },
    problem: problem && explained(problem),
    updates: found
      .flatMap(({ update }) => update ?? [])
      .toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0)),
    notices: found.flatMap(({ notice }) => notice ?? []),
    carried,
    awaited: next.filter((name) => !before.has(name)).length,
    // What could not be read once may have been the next time.
    notTaken: found.flatMap(({ notTaken, visit }) => (visit === newest ? (notTaken ?? []) : [])),
    troubles: isKnown ? troublesOf(status) : undefined,
  };
}

function explained(problem: FerrymanError): NonNullable<KeyReport['problem']> {
  const code = phoneCodeOf(problem.code);
  const { means, act } = phoneCodes[code];
  return { code, text: means, advice: `${act} (${printable(problem.message)})` };
}

interface FileOutcome {
  readonly update?: ReportedUpdate;
  readonly notice?: ReportedNotice;
  readonly notTaken?: NotTaken;
}

function outcomeOf(ledger: Ledger, { name, fileHash, digest, code, reason }: VisitFileRow): FileOutcome {
  const update = digest === null ? undefined : ledger.updates.find(digest);
  if (update) {
    const { sequence, title, state } = update;
    return {
      update: { sequence, title, state, reason: inWords(update, ledger.outbox.lastText(update.digest)) },
    };
  }
  const notice = digest === null ? undefined : ledger.notices.find(digest);
  if (notice) {
    const { title, isTaken, outcome } = notice;
    return isTaken
      ? { notice: { title, outcome } }
      : { notTaken: { name: title, reason: outcome, isLoss: true } };
  }
  if (code !== null) return { notTaken: { name, reason, isLoss: code !== 'usb.left-alone' } };
  const refusal = fileHash === null ? undefined : ledger.refusals.find(fileHash);
  if (refusal) return { notTaken: { name, reason: refusal.reason, isLoss: true } };
  return { update: { sequence: null, title: name, state: 'received', reason: 'copied, not looked at yet' } };
}

/** With what the script itself had to say, where it said something: the office reads that first. */
function inWords({ reason }: UpdateRow, shortLog = ''): string {
  return shortLog === '' || shortLog.startsWith(reason) ? reason : `${reason}: "${shortLog}"`;
}
