/** The screen of `status`: at most 24 lines, the verdict first. Pure: facts, width and paint come in. */
import { age, inWords } from '../command-line/ages.ts';
import { counted } from '../command-line/counted.ts';
import { cut, labelled, table, wrap } from '../command-line/columns.ts';
import type { Paint } from '../command-line/paint.ts';
import type { UpdateRow, VisitRow } from '../ledger/rows.ts';
import { printable } from '../parcel/printable.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { resultInWords, stateStyle, subjectOf } from './update-words.ts';
import type { OpenRun, Status, Waiting } from './facts.ts';
import { diskInWords, troublesOf } from './troubles.ts';

/** Lines that a small terminal shows above the prompt. */
const maxLines = 23;
/** Rows of the queue, and of outcomes, at most; less where much is to be told. */
const maxRows = 5;
const labelWidth = 10;

/** How wide, and in what colours. */
export interface Look {
  /** `Infinity` cuts nothing. */
  readonly columns: number;
  readonly paint: Paint;
}

export function statusScreen(status: Status, look: Look): string {
  const line = (label: string, text: string): string => cut(label.padEnd(labelWidth) + text, look.columns);
  const head = [
    ...verdictLines(troublesOf(status), look),
    line('node', nodeText(status)),
    line('ferryman', workText(status)),
    line('now', runningText(status.running, status.worker !== undefined)),
    line('queue', queueText(status)),
  ];
  const counts = countsLines(status.counts, look.columns);
  const tail = [
    ...noteLines(status, look),
    ...visitLines(status, look),
    line('disk', diskInWords(status.disk)),
    line('clock', clockText(status)),
  ];
  const room = maxLines - head.length - counts.length - tail.length;
  const queue = queueLines(status, rowsIn(Math.max(2, Math.floor(room / 2))), look);
  const outcomes = outcomeLines(status, rowsIn(room - queue.length), look);
  return [...head, ...queue, ...counts, ...outcomes, ...tail, ''].join('\n');
}

function rowsIn(room: number): number {
  return Math.min(maxRows, Math.max(1, room));
}

function verdictLines(troubles: readonly string[], { columns, paint }: Look): string[] {
  const [first, ...others] = troubles;
  if (first === undefined) return [paint('good', 'ok: nothing needs a person')];
  const [head = '', ...more] = wrap(`needs a person: ${first}`, columns, '  ');
  const rest = more.map((line) => line.trim()).join(' ');
  return [
    cut(head, columns),
    ...(rest === '' ? [] : [cut(`  ${rest}`, columns)]),
    ...others.map((trouble) => cut(`  also: ${trouble}`, columns)),
  ].map((each) => paint('bad', each));
}

function nodeText({ node }: Status): string {
  const groups = node.groups.length > 0 ? ` in ${node.groups.join(', ')}` : '';
  return `${node.role} ${node.guid}${groups}${node.baseline > 0 ? `; baseline ${node.baseline}` : ''}`;
}

function workText({ worker }: Status): string {
  if (worker === undefined) return 'not running';
  if (worker === null) return 'at work';
  return `at work for ${inWords(worker.seconds)}, version ${worker.version}, process ${worker.pid}`;
}

function runningText(open: OpenRun | undefined, atWork: boolean): string {
  if (!open) return 'nothing is running';
  const { row, seconds, isStarting } = open;
  const subject = subjectOf(row);
  if (isStarting)
    return atWork
      ? `${subject} is starting`
      : `${subject} was to start; ferryman sees to it at its next start`;
  if (seconds === null)
    return atWork
      ? `${subject} has ended and is being recorded`
      : `${subject} has ended; ferryman records how at its next start`;
  const left = (row.terms?.script.timeoutSeconds ?? 0) - seconds;
  const deadline = left > 0 ? `${inWords(left)} left` : 'its time is up';
  return `${row.sequence ?? '?'} for ${inWords(seconds)}, ${deadline}, attempt ${row.attempts}: "${row.title}"`;
}

function queueText({ queue, inbox }: Status): string {
  const parcels = inbox === 0 ? '' : `; ${inbox} in the inbox, not looked at yet`;
  return (queue.length === 0 ? 'empty' : `${queue.length} waiting`) + parcels;
}

function queueLines({ queue }: Status, maxShown: number, { columns, paint }: Look): string[] {
  const shown = queue.length > maxShown ? maxShown - 1 : queue.length;
  const rows = queue.slice(0, shown).map((waiting) => queueCells(waiting, columns - roomForTitle));
  const left = queue.length - shown;
  const more = left > 0 ? [paint('faint', `  and ${left} more: ferryman plan`)] : [];
  return [...indentedTable(rows, columns), ...more];
}

/** Columns that the number and the title of what waits get at least. */
const roomForTitle = 32;

/** The reason stands before the title: it is what a person looks for here. */
function queueCells({ row, retryAfterSeconds }: Waiting, reasonColumns: number): string[] {
  return [
    String(row.sequence ?? '?'),
    cut(waitingFor(row, retryAfterSeconds), reasonColumns),
    `"${row.title}"`,
  ];
}

function waitingFor(row: UpdateRow, seconds: number | null): string {
  if (row.state === 'verified') return 'ready, runs next';
  if (seconds === null) return `${row.state}: ${row.reason}`;
  if (row.state === 'waiting') return `again in ${inWords(seconds)}: ${row.reason}`;
  return seconds === 0 ? 'deferred, tried again next' : `deferred, tried again in ${inWords(seconds)}`;
}

/** Lines are not broken between a number and what it counts. */
function countsLines(counts: Status['counts'], columns: number): string[] {
  const parts = Object.entries(counts).map(([state, count]) => `${count}\u00a0${state}`);
  const text = parts.join(', ') || 'none has arrived yet';
  return labelled('updates'.padEnd(labelWidth), text, columns).map((line) => line.replaceAll('\u00a0', ' '));
}

function outcomeLines({ outcomes, now }: Status, maxShown: number, { columns, paint }: Look): string[] {
  const shown = outcomes.slice(0, maxShown);
  const cells = shown.map((row) => [
    String(row.sequence ?? '?'),
    resultInWords(row),
    age(row.finishedAt ?? row.receivedAt, now, row.terms?.created) ?? '',
    row.terms ? `"${row.title}"` : row.reason,
  ]);
  return indentedTable(cells, columns).map((text, index) => {
    const state = shown[index]?.state ?? 'received';
    return text.replace(state, paint(stateStyle(state), state));
  });
}

function indentedTable(rows: readonly string[][], columns: number): string[] {
  return rows.length === 0 ? [] : table(rows, columns - 2, new Set([0])).map((text) => `  ${text}`);
}

function noteLines(status: Status, { columns, paint }: Look): string[] {
  const { backlog, refusals, clockBehind, versionOnTrial, rebootWanted } = status;
  const notes = [
    ...enrolmentNotes(status),
    ...(versionOnTrial === null ? [] : [`ferryman ${versionOnTrial} is being tried out`]),
    ...(rebootWanted ? ['an update has asked for a reboot, which is tried until it comes'] : []),
    ...backlog.map(
      ({ sink, waiting, problem }) =>
        `short logs not delivered yet: ${waiting} by ${sink}${problem === null ? '' : ` (${problem})`}`,
    ),
    ...(refusals > 0 ? [`refused files: ${refusals}; see ferryman history`] : []),
    ...(clockBehind ? ['the clock is wrong: it is behind a time that the office has signed'] : []),
  ];
  return notes.map((note) => paint('note', cut(`note      ${note}`, columns)));
}

/** Nothing where there is much that needs a person: a node may well stand alone. */
function enrolmentNotes(status: Status): string[] {
  const { enrolled, enrolmentProblem } = status;
  if (enrolmentProblem !== null) return [enrolmentProblem];
  return enrolled || troublesOf(status).length > 2
    ? []
    : ['not enrolled: no neighbours, no logs sent; ferryman enrol request'];
}

/** Nothing on a node that has never seen a key. */
function visitLines({ lastVisit, now }: Status, { columns }: Look): string[] {
  if (!lastVisit) return [];
  const { volume, technician, startedAt } = lastVisit;
  const whose = technician === null ? '' : ` of ${technician}`;
  const when = age(startedAt, now);
  const text = `key ${volume ?? ''}${whose}${when === undefined ? '' : `, ${when}`}: ${visitInWords(lastVisit)}${leftInWords(lastVisit)}`;
  return [cut('usb'.padEnd(labelWidth) + printable(text), columns)];
}

function visitInWords({ state, code, reason }: VisitRow): string {
  if (state === 'reading') return 'is being read';
  if (state === 'safe') return 'was read to its end';
  return `${state === 'ignored' ? 'not accepted' : 'not read'}: ${reason} [${code ?? ''}]`;
}

function leftInWords({ passUses, usesLeft }: VisitRow): string {
  return passUses === null ? '' : `; ${usesLeft ?? 0} of ${counted(passUses, 'visit')} left`;
}

function clockText({ now }: Status): string {
  const floor = now.floor === null ? '' : `; the office signed at ${now.floor}`;
  return `${formatTimestamp(now.clockMs)}${floor}`;
}
