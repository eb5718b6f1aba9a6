/**
 * What is wrong where nothing is heard: of one node, of a carrier and those behind it, of many at once, of all. A thousand late kiosks
 * have one cause that is nearer than they are, and are one finding. Pure.
 */
import { counted } from '../../command-line/counted.ts';
import { inWords } from '../../command-line/ages.ts';
import type { NodeName } from '../facts/node.ts';
import { dueAt, lateRule, silentRule, type Rule } from '../questions/lateness.ts';
import { servedByOthers, coveredByCarriers } from '../questions/silent-needs.ts';
import type { Finding } from './incident.ts';

const dayMs = 86_400_000;
/** The fleet is not called silent before. */
const leastStaleMs = 2 * dayMs;
/** Times the usual pause between any two hearings of the fleet: by chance alone it happens once in twenty thousand. */
const staleTimes = 10;
/** More late nodes than this, and than a twentieth of the fleet, have something in common. */
const leastMany = 10;
const manyShare = 1 / 20;
/** Nodes without a word that are told of one by one. */
const maxNever = 20;

/** A node that is beyond its rhythm. */
export interface OverdueNode extends NodeName {
  readonly heardAt: number;
  readonly rhythmSeconds: number | null;
  /** Whom it met most often. */
  readonly carrier: string | null;
}

/** What is known of who was heard when. */
export interface Hearing {
  readonly overdue: readonly OverdueNode[];
  /** Nodes that were heard once, and are not paused. */
  readonly expected: number;
  /** Hearings that those should have in a day, by their rhythms. */
  readonly perDay: number;
  /** When anything was heard last; `null`: nothing yet. */
  readonly lastHeardAt: number | null;
  /** Nodes that have been known for long and were never heard. */
  readonly never: readonly (NodeName & { readonly knownAt: number })[];
  /** When nothing at all was heard, so that no node can be blamed for it. */
  readonly outages: readonly { readonly from: number; readonly until: number }[];
  /** The finding about many is an incident already. */
  readonly isManyOpen: boolean;
}

export function overdueFindings(hearing: Hearing, nowMs: number): Finding[] {
  const stale = staleFinding(hearing, nowMs);
  const isExcused = (node: OverdueNode, rule: Rule): boolean =>
    stale !== undefined || !isOverdue(node, rule, nowMs - unheardMs(node, hearing));
  const silent = hearing.overdue.filter((node) => isOverdue(node, silentRule, nowMs));
  const bySilentCarrier = coveredByCarriers(silent);
  const byCarrier = servedByOthers(hearing.overdue);
  const late = hearing.overdue.map((node) =>
    lateFinding(node, byCarrier.has(node.guid) || isExcused(node, lateRule)),
  );
  const many = manyFinding(late.filter(({ isCovered }) => !isCovered).length, hearing);
  const isOneOfMany = many !== undefined && (!many.isCovered || hearing.isManyOpen);
  return [
    ...(stale ? [stale] : []),
    ...(many ? [many] : []),
    ...late.map((one) => (isOneOfMany ? { ...one, isCovered: true } : one)),
    ...silent.map((node) =>
      silentFinding(node, bySilentCarrier.has(node.guid) || isExcused(node, silentRule)),
    ),
    ...neverFindings(hearing.never),
  ];
}

/** Nodes of which nobody can say that they are silent: nothing at all was heard. */
export function excusedFromSilence(hearing: Hearing, nowMs: number): ReadonlySet<string> {
  const isStale = staleFinding(hearing, nowMs) !== undefined;
  const excused = hearing.overdue.filter(
    (node) => isStale || !isOverdue(node, silentRule, nowMs - unheardMs(node, hearing)),
  );
  return new Set(excused.map(({ guid }) => guid));
}

function isOverdue(node: OverdueNode, rule: Rule, nowMs: number): boolean {
  return (dueAt(node, rule) ?? nowMs) < nowMs;
}

/** For how long since it was heard nothing at all was. */
function unheardMs({ heardAt }: OverdueNode, { outages }: Hearing): number {
  return outages.reduce((sum, { from, until }) => sum + Math.max(0, until - Math.max(from, heardAt)), 0);
}

function staleFinding({ lastHeardAt, perDay, expected }: Hearing, nowMs: number): Finding | undefined {
  // Of one node alone nobody can tell whether it is silent, or its proxy deaf.
  if (lastHeardAt === null || expected < 2 || perDay <= 0) return undefined;
  const ms = nowMs - lastHeardAt;
  if (ms <= Math.max(leastStaleMs, (staleTimes * dayMs) / perDay)) return undefined;
  return {
    kind: 'stale',
    subject: '',
    text: `nothing has come in from any of ${counted(expected, 'node')} for ${inWords(ms / 1000)}: look at the proxy and its road first, "ferryman status" there`,
    count: expected,
    sinceAt: lastHeardAt,
    isCovered: false,
  };
}

/** Half as many keep it open: it does not begin and end with each node. */
function manyFinding(late: number, { expected }: Hearing): Finding | undefined {
  const limit = Math.max(leastMany, expected * manyShare);
  if (late <= limit / 2) return undefined;
  return {
    kind: 'late',
    subject: '',
    text: `${late} of ${counted(expected, 'node')} are late at once: look for what they share, a ferry, a gateway or a proxy`,
    count: late,
    sinceAt: null,
    isCovered: late <= limit,
  };
}

function lateFinding(node: OverdueNode, isCovered: boolean): Finding {
  const usually = node.rhythmSeconds === null ? '' : `, it usually is every ${inWords(node.rhythmSeconds)}`;
  return {
    kind: 'late',
    subject: node.guid,
    text: `${named(node)} is late: not heard${usually}`,
    count: 1,
    sinceAt: node.heardAt,
    isCovered,
  };
}

function silentFinding(node: OverdueNode, isCovered: boolean): Finding {
  const text = `${named(node)} has been silent for much longer than its rhythm`;
  return { kind: 'silent', subject: node.guid, text, count: 1, sinceAt: node.heardAt, isCovered };
}

/** A list of enrolments may bring hundreds at once. */
function neverFindings(never: Hearing['never']): Finding[] {
  const isMany = never.length > maxNever;
  const head = { kind: 'never-heard', sinceAt: null, isCovered: false } as const;
  const text = `${never.length} nodes have been known for long and were never heard`;
  return [
    ...(isMany ? [{ ...head, subject: '', text, count: never.length }] : []),
    ...never.map((node) => ({
      ...head,
      subject: node.guid,
      text: `${named(node)} has been known for long and was never heard: is it set up, and enrolled?`,
      count: 1,
      sinceAt: node.knownAt,
      isCovered: isMany,
    })),
  ];
}

function named({ name, guid }: NodeName): string {
  return name === '' ? guid : name;
}
