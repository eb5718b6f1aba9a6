/** The story of an update as JSON: for `ferryman show --json`, and for what travels home. */
import { formatRange } from '../parcel/sequences.ts';
import { updateJson } from '../status/update-json.ts';
import type { RunStory, Story } from './update-story.ts';

/** As `ferryman show --json` prints an update. */
export function storyJson({ row, signers, transitions, runs, shortLogs, rivals, parcel }: Story): object {
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
