import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunRow, TransitionRow, UpdateRow } from '../ledger/rows.ts';
import { formatRange } from '../parcel/sequences.ts';
import type { UpdateTerms } from '../plan/facts.ts';
import { updateJson } from './facts-json.ts';
import { json, layoutOf, sequenceOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

interface Story {
  readonly row: UpdateRow;
  readonly transitions: readonly TransitionRow[];
  readonly runs: readonly RunRow[];
}

export function run(input: Input, io: Io): number {
  const sequence = sequenceOf(input);
  const stories = withLedger(layoutOf(input, io), (ledger) => readStories(ledger, sequence));
  if (stories.length === 0)
    throw new FerrymanError(
      'plan.no-such-update',
      `expected update ${sequence} to be known here, found no such update`,
    );
  if (flag(input, 'json')) json(io, { schema: 'ferryman.show/1', sequence, updates: stories.map(storyJson) });
  else io.out(stories.map(storyText).join('\n'));
  return 0;
}

function readStories(ledger: Ledger, sequence: number): Story[] {
  return ledger.updates.bySequence(sequence).map((row) => ({
    row,
    transitions: ledger.updates.transitions(row.digest),
    runs: ledger.runs.of(row.digest),
  }));
}

function storyJson({ row, transitions, runs }: Story): object {
  const { terms } = row;
  return {
    ...updateJson(row),
    recipients: terms?.recipients ?? [],
    created: terms?.created ?? null,
    expires: terms?.expires ?? null,
    script: terms?.script ?? null,
    requires: terms?.requires.map(formatRange) ?? [],
    supersedes: terms?.supersedes.map(formatRange) ?? [],
    signers: row.signers,
    deferrals: row.deferrals,
    transitions,
    runs: runs.map(({ run: number, attempt, outcome, exitStatus, signal, startedAt, endedAt }) => ({
      run: number,
      attempt,
      outcome,
      exitStatus,
      signal,
      startedAt,
      endedAt,
    })),
  };
}

function storyText({ row, transitions, runs }: Story): string {
  const { terms } = row;
  const facts: [string, string][] = [
    ['state', `${row.state}${row.reason ? `: ${row.reason}` : ''}`],
    ['digest', row.digest.slice(0, 16)],
    ['signed by', row.signers.join(', ')],
    ['for', terms?.recipients.join(', ') ?? 'unknown'],
    ['created', terms?.created ?? 'unknown'],
    ...(terms?.expires === undefined ? [] : [['expires', terms.expires] as [string, string]]),
    ...(terms && terms.requires.length > 0
      ? [['requires', terms.requires.map(formatRange).join(', ')] as [string, string]]
      : []),
    ...(terms && terms.supersedes.length > 0
      ? [['supersedes', terms.supersedes.map(formatRange).join(', ')] as [string, string]]
      : []),
    ...(terms ? [['script', describeScript(terms.script)] as [string, string]] : []),
    [
      'attempts',
      `${row.attempts}${row.deferrals > 0 ? `; asked ${row.deferrals} times to be tried later` : ''}`,
    ],
  ];
  return [
    `update ${row.sequence ?? '?'} "${row.title}"`,
    ...facts.map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
    ...transitions.map(({ at, state, reason }) => `  ${at}  ${state.padEnd(11)} ${reason}`.trimEnd()),
    ...runs.map(
      ({ run: number, outcome, exitStatus, signal }) =>
        `  run ${number}: ${outcome ?? 'open'}${exitStatus === null ? '' : `, exit ${exitStatus}`}${signal === null ? '' : `, ${signal}`}`,
    ),
    '',
  ].join('\n');
}

function describeScript({ path, timeoutSeconds, onInterrupt, maxAttempts }: UpdateTerms['script']): string {
  const rerun =
    onInterrupt === 'rerun'
      ? `run again when interrupted, ${maxAttempts} starts in all`
      : 'only reported when interrupted';
  return `${path}, at most ${timeoutSeconds} s; ${rerun}`;
}
