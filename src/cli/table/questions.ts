/**
 * The commands that scripts and neighbours ask and wait for. They stand apart because they must answer fast: the table of all other
 * commands is loaded when one of those is called.
 */
import type { CommandSpec } from '../../command-line/command.ts';
import { roles } from '../../parcel/recipients.ts';
import { states } from '../../plan/facts.ts';
import { channelOption, jsonOption, rootOption } from '../options.ts';

export const statusCommand: CommandSpec = {
  usage: 'status',
  summary: 'this node on one screen',
  details:
    'The first line says whether a person is needed, and why: no parcel can be verified, the office has signed two contents under one ' +
    'number, ferryman is not running, the disk is nearly full (less than 64 MiB or 500 files left), or an update has failed, timed ' +
    'out or was interrupted. Such an update counts until it is run again with success, or until an update that supersedes it ' +
    'succeeds.\n\n' +
    'Ages are told only where the clock of the node can be right; how long something runs or waits goes by the clock since boot. ' +
    'On a terminal lines are cut to its width.',
  seeAlso: ['ferryman-history(1)', 'ferryman-show(1)', 'ferryman-log(1)'],
  options: [rootOption, jsonOption],
  examples: ['status', 'status --json'],
  isQuestion: true,
  load: () => import('../status.ts'),
};

export const historyCommand: CommandSpec = {
  usage: 'history',
  summary: 'what became of every update, newest first',
  details:
    'An update is shown when it meets every kind of condition that is given. Times are those of receipt by the clock of this node, ' +
    'which may have been wrong; --sequence does not depend on it. Files that were refused are listed below the updates, unless ' +
    '--state, --failed, --sequence or --title ask for what such files do not have. On a terminal long titles are cut; through a ' +
    'pipe every line is whole.',
  options: [
    rootOption,
    {
      flags: '--state <state>',
      about: 'only in this state; repeat for several',
      choices: states,
      repeatable: true,
    },
    { flags: '--failed', about: 'only failed, timed-out and interrupted ones' },
    {
      ...channelOption,
      about: 'only what this channel brought first; repeat for several',
      repeatable: true,
    },
    {
      flags: '--sequence <range>',
      about: 'only this sequence or range: N or A-B; repeat for several',
      repeatable: true,
    },
    { flags: '--title <text>', about: 'only titles that contain this' },
    {
      flags: '--since <time>',
      about: 'only received at this time or later: RFC 3339, a day, or 90s, 30m, 2h, 7d ago',
    },
    { flags: '--until <time>', about: 'only received before this time' },
    { flags: '--limit <n>', about: 'rows to show', default: '1000' },
    jsonOption,
  ],
  seeAlso: ['ferryman-show(1)'],
  examples: ['history', 'history --failed --since 7d', 'history --state waiting --state deferred --json'],
  isQuestion: true,
  load: () => import('../history.ts'),
};

export const showCommand: CommandSpec = {
  usage: 'show <sequence>',
  summary: 'everything about one update',
  details:
    'Where it stands and why; who signed it, whom it is for and what it needs; when it came and by which channel; every change of its ' +
    'state; every run with its attempt, times, end and logs; its short logs and what became of them at every sink. When the office ' +
    'has signed several contents under the number, each is told.',
  seeAlso: ['ferryman-history(1)', 'ferryman-log(1)'],
  options: [rootOption, jsonOption],
  examples: ['show 42', 'show 42 --json'],
  isQuestion: true,
  load: () => import('../show.ts'),
};

export const appliedCommand: CommandSpec = {
  usage: 'applied <sequence>',
  summary: 'answer by exit status whether an update has succeeded here',
  details: 'For scripts that check their pre-conditions. Prints one word.',
  options: [rootOption],
  examples: ['applied 41 || exit 75'],
  exits: { 0: 'it has succeeded here', 1: 'it has not', 2: 'the ledger cannot be read' },
  isQuestion: true,
  load: () => import('../applied.ts'),
};

export const endpointCommand: CommandSpec = {
  usage: 'endpoint',
  summary: 'what a neighbour may do here by ssh: the forced command of its certificate',
  details:
    'Called by sshd, not by people. The neighbour may ask for "summary", what is held here, or for "pull", which serves the offered files to its ' +
    'rsync, read-only; anything else is refused and told to syslog.',
  options: [
    rootOption,
    { flags: '--peer <guid>', about: 'the neighbour, by its certificate', required: true },
    { flags: '--role <role>', about: 'its role, by its certificate', required: true, choices: roles },
  ],
  examples: ['endpoint --peer 9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11 --role ferry'],
  exits: { 75: 'enough neighbours are being served', 77: 'refused' },
  isQuestion: true,
  load: () => import('../endpoint.ts'),
};

export const questions: readonly CommandSpec[] = [
  appliedCommand,
  statusCommand,
  historyCommand,
  showCommand,
  endpointCommand,
];
