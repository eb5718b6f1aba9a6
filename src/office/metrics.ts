/**
 * `/metrics` for Prometheus: text format 0.0.4, which OpenMetrics readers take too. Times in seconds, as its conventions ask.
 * Spec: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { NodeLine } from '../fleet/facts/node.ts';
import type { FleetQuestions } from '../fleet/facts/questions.ts';
import type { UpdateLine } from '../fleet/facts/update.ts';
import { everyNode } from '../fleet/node-query.ts';
import { nodeStates, resultStates } from '../fleet/states.ts';

/** Nodes asked for at a time. */
const nodesAtOnce = 5000;
/** The newest of them: the older ones are done, and each is nine lines. */
const maxUpdates = 50;

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

interface Metric {
  readonly name: string;
  readonly type: 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export async function metricsText(questions: FleetQuestions, now: number, version: string): Promise<string> {
  const overview = await questions.overview(now);
  const { updates } = await questions.updates({ page: 1, size: maxUpdates });
  const nodes = await allNodes(questions, now);
  const { heardAt, archives } = overview.freshness;
  const metrics: readonly Metric[] = [
    one('ferryman_info', 'Version of ferryman.', [[{ version }, 1]]),
    one(
      'ferryman_nodes',
      'Nodes by state; the states are exclusive.',
      nodeStates.map((state) => [{ state }, overview.states[state]]),
    ),
    one('ferryman_needs_person', 'Causes that need a person.', [[{}, overview.needsTotal]]),
    one('ferryman_last_archive_timestamp_seconds', 'When an archive or short log came in last.', [
      [{}, seconds(heardAt)],
    ]),
    one('ferryman_last_archive_age_seconds', 'How long ago that was.', [
      [{}, heardAt === null ? null : (now - heardAt) / 1000],
    ]),
    one('ferryman_archives', 'Archives of logs in the fleet store.', [[{}, archives]]),
    ...updateMetrics(updates),
    ...nodeMetrics(nodes),
  ];
  return metrics.map(text).join('');
}

async function allNodes(questions: FleetQuestions, now: number): Promise<readonly NodeLine[]> {
  const query = { ...everyNode, sort: 'name', size: nodesAtOnce } as const;
  const first = await questions.nodes(query, now);
  const all = [...first.nodes];
  for (let page = 2; (page - 1) * nodesAtOnce < first.total; page++)
    all.push(...(await questions.nodes({ ...query, page }, now)).nodes);
  return all;
}

function updateMetrics(updates: readonly UpdateLine[]): readonly Metric[] {
  const samples = updates.flatMap(({ sequence, digest, counts }) =>
    resultStates.map((state): Sample => [
      { sequence: String(sequence ?? ''), digest: digest.slice(0, 16), state },
      counts[state],
    ]),
  );
  return [
    one(
      'ferryman_update_nodes',
      `Nodes by what an update is on them; the newest ${maxUpdates} updates.`,
      samples,
    ),
  ];
}

function nodeMetrics(nodes: readonly NodeLine[]): readonly Metric[] {
  const each = (name: string, help: string, value: (node: NodeLine) => number | null): Metric =>
    one(
      name,
      help,
      nodes.map((node) => [{ node: node.guid }, value(node)]),
    );
  return [
    each(
      'ferryman_node_last_heard_timestamp_seconds',
      'When the office heard the node last.',
      ({ heardAt }) => seconds(heardAt),
    ),
    each(
      'ferryman_node_sequence',
      'The newest update that the node has.',
      ({ newestSequence }) => newestSequence,
    ),
  ];
}

function seconds(at: number | null): number | null {
  return at === null ? null : at / 1000;
}

function one(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'gauge', help, samples };
}

/** A sample without a value is left out: nothing was told. */
function text({ name, type, help, samples }: Metric): string {
  const lines = samples.flatMap(([labels, value]) =>
    value === null ? [] : [`${name}${labelText(labels)} ${value}\n`],
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
