import { flag, type Input } from '../command-line/command.ts';
import { lineWidth } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter } from '../command-line/paint.ts';
import { FerrymanError } from '../errors.ts';
import { formatRange } from '../parcel/sequences.ts';
import { updateJson } from '../status/update-json.ts';
import { json, layoutOf, sequenceOf } from './options.ts';
import { readStories, type RunStory, type Story } from './show-facts.ts';
import { storyText } from './show-text.ts';
import { withLedger } from './with-ledger.ts';

export function run(input: Input, io: Io): number {
  const sequence = sequenceOf(input);
  const layout = layoutOf(input, io);
  const stories = withLedger(layout, (ledger) => readStories(ledger, layout, sequence, Date.now()));
  if (stories.length === 0)
    throw new FerrymanError(
      'plan.no-such-update',
      `expected update ${sequence} to be known here, found no such update`,
    );
  const look = { columns: lineWidth(io), paint: painter(io) };
  if (flag(input, 'json')) json(io, { schema: 'ferryman.show/1', sequence, updates: stories.map(storyJson) });
  else io.out(stories.map((story) => storyText(story, look)).join('\n'));
  return 0;
}

function storyJson({ row, signers, transitions, runs, shortLogs, rivals, parcel }: Story): object {
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
    signerKeys: signers,
    deferrals: row.deferrals,
    transitions,
    runs: runs.map(runJson),
    shortLogs: shortLogs.map(({ sink, state, text, tries, problem, createdAt, deliveredAt }) => ({
      sink,
      state,
      text,
      tries,
      problem,
      createdAt,
      deliveredAt,
    })),
    rivals,
    parcel: parcel?.path ?? null,
  };
}

function runJson({ run: row, ending, logs }: RunStory): object {
  const { run: number, attempt, outcome, exitStatus, signal, startedAt, endedAt } = row;
  return {
    run: number,
    attempt,
    outcome,
    exitStatus,
    signal,
    startedAt,
    endedAt,
    ending: ending ?? null,
    logs,
  };
}
