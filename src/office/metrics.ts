/**
 * `/metrics` for Prometheus: text format 0.0.4, which OpenMetrics readers take too. Times in seconds, as its conventions ask.
 * Spec: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { NodeHeard } from '../fleet/facts/node.ts';
import type { FleetQuestions } from '../fleet/facts/questions.ts';
import type { UpdateLine } from '../fleet/facts/update.ts';
import { nodeStates, resultStates } from '../fleet/states.ts';

/** Nodes whose lines are written at a time. */
const nodesAtOnce = 1000;
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

/** In parts, so that whoever else asks is answered between them. @throws FerrymanError as the questions */
export async function* metricsInTurn(
  questions: FleetQuestions,
  now: number,
  version: string,
): AsyncGenerator<string> {
  const overview = await questions.overview(now);
  const { updates } = await questions.updates({ page: 1, size: maxUpdates });
  const nodes = await questions.nodesHeard();
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
  ];
  yield metrics.map(text).join('');
  for (const metric of nodeMetrics) yield* nodeText(metric, nodes);
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

interface NodeMetric extends Omit<Metric, 'samples'> {
  readonly value: (node: NodeHeard) => number | null;
}

const nodeMetrics: readonly NodeMetric[] = [
  {
    name: 'ferryman_node_last_heard_timestamp_seconds',
    type: 'gauge',
    help: 'When the office heard the node last.',
    value: ({ heardAt }) => seconds(heardAt),
  },
  {
    name: 'ferryman_node_sequence',
    type: 'gauge',
    help: 'The newest update that the node has.',
    value: ({ newestSequence }) => newestSequence,
  },
];

function* nodeText({ value, ...metric }: NodeMetric, nodes: readonly NodeHeard[]): Generator<string> {
  yield headText(metric);
  for (let from = 0; from < nodes.length; from += nodesAtOnce)
    yield sampleText(
      metric.name,
      nodes.slice(from, from + nodesAtOnce).map((node) => [{ node: node.guid }, value(node)]),
    );
}

function seconds(at: number | null): number | null {
  return at === null ? null : at / 1000;
}

function one(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'gauge', help, samples };
}

function text(metric: Metric): string {
  return headText(metric) + sampleText(metric.name, metric.samples);
}

function headText({ name, type, help }: Omit<Metric, 'samples'>): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** A sample without a value is left out: nothing was told. */
function sampleText(name: string, samples: readonly Sample[]): string {
  return samples
    .map(([labels, value]) => (value === null ? '' : `${name}${labelText(labels)} ${value}\n`))
    .join('');
}

function labelText(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
