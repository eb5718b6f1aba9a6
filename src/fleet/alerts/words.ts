/** A message for people: short, the worst first, and never longer for a thousand incidents than for ten of each kind. Pure. */
import { counted } from '../../command-line/counted.ts';
import { printable } from '../../parcel/printable.ts';
import { formatTimestamp } from '../../parcel/timestamp.ts';
import { incidentKinds, type Incident, type IncidentKind } from './incident.ts';
import type { Telling } from './telling.ts';

export interface AlertMessage {
  /** The same for every try. */
  readonly id: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
}

/** Incidents of one kind that are told one by one. */
const maxLines = 5;
/** Of one line. */
const maxLine = 200;

const titles: Readonly<Record<IncidentKind, string>> = {
  store: 'the fleet store does not answer',
  stale: 'nothing comes in from any node',
  late: 'late',
  equivocation: 'two contents under one sequence',
  fork: 'a copied disk or key',
  failed: 'failed',
  interrupted: 'interrupted',
  refused: 'refused',
  'silent-carrier': 'a silent carrier',
  silent: 'silent',
  'never-heard': 'never heard',
  disk: 'disk nearly full',
  gap: 'archives of logs that do not come',
  clock: 'a wrong clock',
};

/** @param page address of the office page; '': none */
export function alertMessage(telling: Telling, id: string, page = ''): AlertMessage {
  const { opened, closed } = telling;
  const begun = new Set(opened.map((incident) => incident.id));
  const lasting = opened.filter(({ closedAt }) => closedAt === null);
  const passed = closed.filter((incident) => begun.has(incident.id));
  const ended = closed.filter((incident) => !begun.has(incident.id));
  const silent = new Set(ended.filter(({ kind }) => kind === 'silent').map(({ subject }) => subject));
  // Who was silent was late before: that it is heard is told once.
  const over = ended.filter(({ kind, subject }) => kind !== 'late' || !silent.has(subject));
  const sections = [
    ...section('', lasting),
    ...section('over: ', over),
    ...section('was, and is over: ', passed),
    ...(page === '' ? [] : [`${page.replace(/\/$/, '')}/alerts`]),
  ];
  return { id, subject: subjectOf(lasting, over.length + passed.length), text: sections.join('\n') };
}

/** What a person sees who tries out whether alerts come. */
export function testMessage(who: string, id: string): AlertMessage {
  return {
    id,
    subject: 'ferryman: a test',
    text: `A test of the alerts of ferryman, by ${printable(who)}. All is well.`,
  };
}

function subjectOf(lasting: readonly Incident[], over: number): string {
  const [first] = byRank(lasting);
  const ended = over === 0 ? '' : `${counted(over, 'incident')} over`;
  if (!first) return `ferryman: ${ended}`;
  const begun =
    lasting.length === 1 ? line(first.text) : `${counted(lasting.length, 'incident')}, ${titles[first.kind]}`;
  return `ferryman: ${begun}${ended === '' ? '' : `; ${ended}`}`.slice(0, maxLine);
}

function section(prefix: string, incidents: readonly Incident[]): string[] {
  return incidentKinds.flatMap((kind) => {
    const some = incidents.filter((incident) => incident.kind === kind);
    if (some.length === 0) return [];
    const more = some.length - maxLines;
    return [
      `${prefix}${titles[kind]}${some.length === 1 ? '' : ` (${some.length})`}`,
      ...some.slice(0, maxLines).map((incident) => `  - ${line(incident.text)}, ${timesOf(incident)}`),
      ...(more > 0 ? [`  - and ${more} more`] : []),
    ];
  });
}

function timesOf({ sinceAt, openedAt, closedAt }: Incident): string {
  const since =
    sinceAt === null ? `noticed ${formatTimestamp(openedAt)}` : `since ${formatTimestamp(sinceAt)}`;
  return closedAt === null
    ? since
    : `${since}${sinceAt === null ? ', over' : ' until'} ${formatTimestamp(closedAt)}`;
}

/** Text of nodes may hold anything: it stays within its line, and begins nothing of the road's own. */
function line(text: string): string {
  const harmless = printable(text);
  return harmless.length > maxLine ? `${harmless.slice(0, maxLine)}…` : harmless;
}

function byRank(incidents: readonly Incident[]): Incident[] {
  return incidents.toSorted((a, b) => incidentKinds.indexOf(a.kind) - incidentKinds.indexOf(b.kind));
}
