/** What a run has given, for a person and for a program. */
import { bytesInWords } from '../../src/command-line/bytes.ts';
import { counted } from '../../src/command-line/counted.ts';
import { labelled } from '../../src/command-line/columns.ts';
import type { Options } from './options.ts';
import type { TimeToLive } from './read-scenario.ts';
import type { Limits, Scenario } from './scenario.ts';
import type { Played } from './simulate.ts';

const columns = 80;

export function screen(scenario: Scenario, options: Options, { results }: Played): string {
  const delay =
    results.meanDelaySeconds === null
      ? 'nothing was delivered'
      : `mean ${time(results.meanDelaySeconds)}, median ${time(results.medianDelaySeconds ?? 0)}`;
  const rows: [string, string][] = [
    ['trace', `${counted(scenario.nodes.length, 'node')}, ${counted(contactsIn(scenario), 'contact')}`],
    ['policy', options.policy],
    ['limits', limitsInWords(options)],
    ['created', counted(results.created, 'message')],
    ['delivered', `${counted(results.delivered, 'message')}${percent(results.ratio)}`],
    ['delay', delay],
    [
      'overhead',
      results.overhead === null ? '-' : `${fixed(results.overhead, 2)} transfers to relays for each delivery`,
    ],
    [
      'copies',
      `${results.meanCopiesAtDelivery === null ? '-' : fixed(results.meanCopiesAtDelivery, 2)} on average at delivery, ${results.peakCopies} at most in all buffers together`,
    ],
    [
      'transfers',
      `${results.transfers} whole, ${results.cutTransfers} cut; ${counted(results.evicted, 'copy')} evicted`.replace(
        'copys',
        'copies',
      ),
    ],
  ];
  return `${rows.flatMap(([label, text]) => labelled(label.padEnd(11), text, columns)).join('\n')}\n`;
}

/** Spec: docs/simulate.md */
export function json(
  scenario: Scenario,
  { policy, limits, ttl }: Options,
  { results, messages }: Played,
): string {
  const document = {
    schema: 'ferryman.simulation/1',
    policy,
    limits: {
      bufferBytes: finite(limits.bufferBytes),
      bytesPerSecond: finite(limits.bytesPerSecond),
      ttlMinutes: ttl === 'file' ? ttl : finite(ttl),
    },
    nodes: scenario.nodes.length,
    contacts: contactsIn(scenario),
    ...results,
    messages: messages.map(({ id, delay }) => ({ id, delaySeconds: delay ?? null })),
  };
  return `${JSON.stringify(document)}\n`;
}

function contactsIn({ contacts }: Scenario): number {
  return contacts.filter(({ isUp }) => isUp).length;
}

function finite(value: number): number | null {
  return value === Infinity ? null : value;
}

function limitsInWords({ limits, ttl }: { limits: Limits; ttl: TimeToLive }): string {
  const { bufferBytes, bytesPerSecond } = limits;
  return [
    bufferBytes === Infinity ? 'buffers without limit' : `buffers of ${bytesInWords(bufferBytes)}`,
    bytesPerSecond === Infinity ? 'contacts without limit' : `${bytesInWords(bytesPerSecond)} a second`,
    ttl === 'file'
      ? 'messages of use as the file says'
      : `messages of use ${ttl === Infinity ? 'for ever' : `for ${ttl} minutes`}`,
  ].join(', ');
}

function percent(ratio: number | null): string {
  return ratio === null ? '' : ` (${fixed(100 * ratio, 1)} %)`;
}

function time(seconds: number): string {
  return `${fixed(seconds, 1)} s`;
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits);
}
