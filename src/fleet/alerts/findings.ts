/** What is wrong in the fleet now, from what the office knows: an update, a carrier, or a node, each one finding. */
import type { NodeName } from '../facts/node.ts';
import type { Need } from '../facts/overview.ts';
import type { FleetQuestions } from '../facts/questions.ts';
import type { Finding } from './incident.ts';
import { excusedFromSilence, overdueFindings, type Hearing } from './overdue-findings.ts';

/** Nodes of one kind that are told apart; beyond them all is one finding. */
const maxNodes = 5000;
/** Nodes of an update that are named. */
const maxNames = 3;

export interface FindingSource {
  readonly questions: Pick<FleetQuestions, 'needsPerson' | 'nodes'>;
  readonly hearing: (nowMs: number) => Promise<Hearing>;
}

/** @throws FerrymanError `fleet.unreachable` */
export async function readFindings(source: FindingSource, nowMs: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { questions } = source;
  const hearing = await source.hearing(nowMs);
  const excused = excusedFromSilence(hearing, nowMs);
  for (const need of await questions.needsPerson(nowMs)) {
    // Nodes one by one, below.
    if (need.kind === 'silent' || need.kind === 'never-heard') continue;
    const subject = subjectOf(need);
    if (subject !== undefined)
      findings.push({
        ...need,
        subject,
        text: `${need.text}${whichNodes(need)}`,
        count: need.nodeCount,
        isCovered: need.kind === 'silent-carrier' && excused.has(subject),
      });
    else findings.push(...(await byNode(need, questions, nowMs)));
  }
  findings.push(...overdueFindings(hearing, nowMs));
  return findings.map(({ kind, subject, text, count, sinceAt, isCovered }) => ({
    kind,
    subject,
    text,
    count,
    sinceAt,
    isCovered,
  }));
}

/** What stays the same of a need while it lasts; `undefined`: it is a list of nodes, each with its own beginning and end. */
function subjectOf({ kind, update, query, nodes: [first] }: Need): string | undefined {
  if (kind === 'fork' || kind === 'silent-carrier') return first?.guid ?? '';
  if (kind === 'equivocation') return first?.guid ?? String(update);
  return query?.update;
}

const wordsOf: Readonly<Record<string, string>> = {
  disk: 'has a nearly full disk',
  gap: 'has sent archives of logs that have not come',
  clock: 'has a clock that is off by more than an hour',
};

async function byNode(need: Need, questions: FindingSource['questions'], nowMs: number): Promise<Finding[]> {
  const { kind, query, text, nodeCount, sinceAt } = need;
  if (!query || nodeCount > maxNodes)
    return [{ kind, subject: '', text, count: nodeCount, sinceAt, isCovered: false }];
  const { nodes } = await questions.nodes({ ...query, sort: 'name', page: 1, size: maxNodes }, nowMs);
  return nodes
    .filter(({ state }) => state !== 'paused')
    .map((node) => ({
      kind,
      subject: node.guid,
      text: `${named(node)} ${wordsOf[kind] ?? text}`,
      count: 1,
      sinceAt: null,
      isCovered: false,
    }));
}

/** Of an update: `: a, b, c and 2 more`. What else is wrong names its node itself. */
function whichNodes({ query, nodes, nodeCount }: Need): string {
  if (!query?.update || nodes.length === 0) return '';
  const names = nodes.slice(0, maxNames).map(named);
  const more = nodeCount - names.length;
  return `: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function named({ name, guid }: NodeName): string {
  return name === '' ? guid : name;
}
