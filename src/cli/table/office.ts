/** Commands of the office: publishing, the fleet, its page, texts and alerts. */
import type { CommandSpec } from '../../command-line/command.ts';
import { nodeMarks, nodeSorts } from '../../fleet/node-query.ts';
import { nodeStates, resultStates } from '../../fleet/states.ts';
import { roles } from '../../parcel/recipients.ts';
import { officeRoles } from '../../office/settings.ts';
import { jsonOption, rootOption } from '../options.ts';
import { passwordFileOption } from '../office-user-options.ts';

const pageOptions = [
  { flags: '--page <n>', about: 'page (default: 1)' },
  { flags: '--size <n>', about: 'lines of a page, up to 5000 (default: 50)' },
  jsonOption,
  { flags: '--csv', about: 'print rows as CSV, times in UTC' },
] as const;

export const officeCommands: readonly CommandSpec[] = [
  {
    usage: 'publish <update>',
    summary: 'in the office: hand a signed update to the roads, and record it',
    details:
      'The update is verified with the keys that are trusted here; no signing key is touched. Backhaul: it is laid into publish.backhaul, from which a ' +
      'delay-tolerant engine takes. Flood: it goes into the inbox of this node, which relays it. USB: it is laid into publish.usb for "ferryman usb ' +
      'prepare". From then on "ferryman fleet update" and the page show how far it has come.\n\n' +
      'Refused before anything is handed out when other contents are known under its number. The same command again completes what was cut off, and ' +
      'says what is there already.',
    options: [
      rootOption,
      { flags: '--by <roads>', about: 'roads, with commas between', default: 'backhaul,flood,usb' },
      jsonOption,
    ],
    examples: ['publish update-42.zip', 'publish update-42.zip --by backhaul,usb'],
    exits: {
      1: 'one of the roads has not taken it: the same command tries again',
      65: 'it is refused',
      69: 'the fleet store cannot be reached',
    },
    seeAlso: ['ferryman-fleet-update(1)', 'sign-update(1)'],
    load: () => import('../publish.ts'),
  },
  {
    usage: 'fleet status',
    summary: 'in the office: the fleet on one screen, and what needs a person',
    details:
      'Every node is in one state: failed (an update failed, was interrupted or refused), silent and late (not heard for much longer, or longer, than ' +
      'its own rhythm: ten and three times its usual pause, two weeks and two days at least), behind, up to date, new (never heard) or paused. ' +
      'What needs a person follows, the worst first, one line for a cause. Read from the fleet store that fleet.store in config.toml names.',
    options: [
      rootOption,
      { flags: '--check', about: 'exit 1 when a person is needed, or no node is known' },
      jsonOption,
    ],
    examples: ['fleet status', 'fleet status --check --json'],
    exits: {
      1: 'with --check: a person is needed, or no node is known',
      66: 'there is no fleet store',
      69: 'the fleet store cannot be reached',
    },
    seeAlso: ['ferryman-fleet-nodes(1)', 'ferryman-fleet-update(1)'],
    load: () => import('../fleet-status.ts'),
  },
  {
    usage: 'fleet nodes',
    summary: 'in the office: nodes, filtered and sorted, the worst first',
    details:
      'A node is shown when it meets every kind of condition that is given; of one kind, any. --query takes what stands behind the question mark in ' +
      'the address of the page.',
    options: [
      rootOption,
      {
        flags: '--state <state>',
        about: 'only in this state; repeat for several',
        choices: nodeStates,
        repeatable: true,
      },
      {
        flags: '--role <role>',
        about: 'only of this role; repeat for several',
        choices: roles,
        repeatable: true,
      },
      { flags: '--group <name>', about: 'only of this group; repeat for several', repeatable: true },
      {
        flags: '--road <name>',
        about: 'only heard last by this road: backhaul, flood, sms, usb; repeat for several',
        repeatable: true,
      },
      {
        flags: '--mark <mark>',
        about:
          'only with archives missing, declared lost, a disk nearly full, a clock that is off; repeat for several',
        choices: nodeMarks,
        repeatable: true,
      },
      { flags: '--text <text>', about: 'only with this in name, place or GUID' },
      {
        flags: '--update <number>',
        about: 'only nodes that this update is for: its sequence, or 8 digits of its digest',
      },
      {
        flags: '--result <state>',
        about: 'only where that update is in this state; repeat for several',
        choices: resultStates,
        repeatable: true,
      },
      { flags: '--query <text>', about: 'all of this as the page writes it' },
      { flags: '--sort <by>', about: 'order', choices: nodeSorts },
      { flags: '--reverse', about: 'the other way round' },
      ...pageOptions,
    ],
    examples: ['fleet nodes --state silent --state late', 'fleet nodes --update 42 --result failed --csv'],
    load: () => import('../fleet-nodes.ts'),
  },
  {
    usage: 'fleet node <node>',
    summary: 'in the office: everything about one node',
    details:
      'NODE is its name, its GUID or the first 4 or more digits of it. When and how it was heard, what became of its updates, archives that are late, ' +
      'missing or declared lost, whom it meets, its short logs, and what to put on a USB key for it.',
    options: [rootOption, jsonOption],
    examples: ['fleet node rampur', 'fleet node 9f1c1d5e --json'],
    exits: { 64: 'several nodes begin so', 66: 'no such node is known' },
    load: () => import('../fleet-node.ts'),
  },
  {
    usage: 'fleet updates',
    summary: 'in the office: updates, and how many nodes are done with each',
    options: [rootOption, ...pageOptions],
    examples: ['fleet updates'],
    load: () => import('../fleet-updates.ts'),
  },
  {
    usage: 'fleet update <number>',
    summary: 'in the office: who has an update, in which state, and how it failed',
    details:
      'NUMBER is its sequence, or the first 8 or more digits of its digest. "fleet nodes --update" lists the nodes.',
    options: [rootOption, jsonOption],
    examples: ['fleet update 42', 'fleet update 42 --json'],
    exits: { 64: 'several updates begin so', 66: 'no such update is known' },
    seeAlso: ['ferryman-fleet-nodes(1)', 'ferryman-publish(1)'],
    load: () => import('../fleet-update.ts'),
  },
  {
    usage: 'fleet roads',
    summary: 'in the office: which nodes meet, how often, with how many bytes',
    details:
      'A line for each pair, by the word of the first: what the second has told of it is a line of its own.',
    options: [
      rootOption,
      { flags: '--node <node>', about: 'only with this node' },
      { flags: '--sort <by>', about: 'order', choices: ['contacts', 'bytes', 'last'], default: 'contacts' },
      ...pageOptions,
    ],
    examples: ['fleet roads', 'fleet roads --node rampur'],
    load: () => import('../fleet-roads.ts'),
  },
  {
    usage: 'fleet logs <node>',
    summary: 'on a proxy: search the logs of a node that have come home, the newest first',
    details:
      'Looks through /var/lib/ferryman/unpacked, compressed logs (.gz) too, and tells how far it has looked. Control characters are written ' +
      'so that they do nothing to a terminal. --regexp takes patterns of grep -E; one that takes too long or too much memory is refused. With --json a ' +
      'line for each hit, and one at the end.',
    options: [
      rootOption,
      { flags: '--grep <text>', about: 'what to look for', required: true },
      { flags: '--regexp', about: 'it is a pattern' },
      { flags: '--ignore-case', about: 'small letters and capitals are the same' },
      { flags: '--file <text>', about: 'only logs whose path holds this' },
      { flags: '--limit <n>', about: 'lines to show', default: '200' },
      { flags: '--deadline <time>', about: 'stop after this long: 30s, 5m' },
      jsonOption,
    ],
    examples: [
      'fleet logs rampur --grep "No space left"',
      'fleet logs 9f1c1d5e --grep "error|fail" --regexp --file syslog',
    ],
    exits: {
      1: 'nothing is found, and everything was looked at',
      75: 'nothing is found, and it has stopped before the end',
    },
    load: () => import('../fleet-logs.ts'),
  },
  {
    usage: 'fleet name <node> <name>',
    summary: 'in the office: give a node a name, a place, a note ("" takes the name away)',
    options: [
      rootOption,
      { flags: '--place <text>', about: 'where it stands' },
      { flags: '--note <text>', about: 'what people should know of it' },
      jsonOption,
    ],
    examples: ['fleet name 9f1c1d5e rampur --place "Rampur, school"'],
    load: () => import('../fleet-name.ts'),
  },
  {
    usage: 'fleet pause <node>',
    summary: 'in the office: expect nothing of a node until a date',
    details:
      'It is then neither late nor silent nor failed, and nobody is told of it. It is shown as paused, with the date.',
    options: [
      rootOption,
      {
        flags: '--until <time>',
        about: 'the end of a day, an RFC 3339 time, or for how long: 12h, 30d; 366 days at most',
      },
      { flags: '--end', about: 'it is expected again from now on' },
      jsonOption,
    ],
    examples: ['fleet pause rampur --until 2027-01-10', 'fleet pause rampur --end'],
    load: () => import('../fleet-pause.ts'),
  },
  {
    usage: 'fleet rebuild',
    summary: 'on a proxy: bring everything that its archives tell into the fleet store',
    details:
      'For a fleet store that was made anew, or has lost something. What it has already is passed over; archives of other proxies come by the same command there.',
    options: [rootOption, jsonOption],
    examples: ['fleet rebuild'],
    exits: { 1: 'archives of this proxy are damaged: they are named', 69: 'the database is away' },
    seeAlso: ['ferryman-proxy-check(1)'],
    load: () => import('../fleet-rebuild.ts'),
  },
  {
    usage: 'fleet import <dir>',
    summary: "in the office: make the nodes of the office's register known before they are heard",
    details:
      'DIR is the folder of ferryman office-ca, which has an entry for each enrolment. Nodes that are known keep their names. A node that sends its ' +
      'logs becomes known by itself; one that is imported and never heard is shown as new. Again is harmless.',
    options: [rootOption, jsonOption],
    examples: ['fleet import office-ca'],
    load: () => import('../fleet-import.ts'),
  },
  {
    usage: 'office',
    summary: 'in the office: serve the page that shows the fleet',
    details:
      'Serves a web page and a JSON API over the fleet store (fleet.store) on one port, office.listen, until SIGTERM or SIGINT. The page shows every node, ' +
      'what needs a person, how updates spread, who meets whom, and looks through logs; operators name nodes and pause them. It holds no signing key. ' +
      'Make the first user with "ferryman office-user add". docs/operations.md has a systemd unit and a reverse proxy.',
    options: [rootOption],
    examples: ['office', 'office --root /srv/office'],
    seeAlso: ['ferryman-office-user-add(1)', 'ferryman-proxy-status(1)'],
    load: () => import('../office.ts'),
  },
  {
    usage: 'office-user add <name>',
    summary: 'let somebody look at the page of the office',
    details: 'The password has 12 characters or more; the fleet store keeps a hash of it (scrypt).',
    options: [
      rootOption,
      {
        flags: '--role <role>',
        about:
          'what the user may do: a reader looks, an operator names and pauses nodes and manages users besides',
        choices: officeRoles,
        default: 'reader',
      },
      passwordFileOption,
    ],
    examples: ['office-user add anna --role operator', 'office-user add scripts --password-file secret.txt'],
    seeAlso: ['ferryman-office(1)'],
    load: () => import('../office-user-add.ts'),
  },
  {
    usage: 'office-user remove <name>',
    summary: 'let somebody in no longer, and log them out',
    options: [rootOption],
    examples: ['office-user remove anna'],
    load: () => import('../office-user-remove.ts'),
  },
  {
    usage: 'office-user password <name>',
    summary: 'give somebody a new password, and log them out',
    options: [rootOption, passwordFileOption],
    examples: ['office-user password anna'],
    load: () => import('../office-user-password.ts'),
  },
  {
    usage: 'office-user list',
    summary: 'who may look at the page of the office',
    options: [rootOption, jsonOption],
    examples: ['office-user list', 'office-user list --json'],
    load: () => import('../office-user-list.ts'),
  },
  {
    usage: 'sms receive',
    summary: 'on a proxy: take texts from the inbox of gammu-smsd: its hook, or by hand',
    details:
      'A text that a known node has written goes into the fleet store and leaves the inbox; it counts once, however often it comes. Whatever else ' +
      'arrives changes nothing and is kept below /var/lib/ferryman/sms/unbelieved, the newest 200, for a person to look at. While the fleet ' +
      'store is away, texts stay in the inbox. In smsdrc: RunOnReceive = exec /usr/bin/ferryman sms receive # ("#" keeps names of senders from the shell).',
    options: [rootOption, jsonOption],
    examples: ['sms receive'],
    exits: { 69: 'the fleet store does not answer: nothing is lost' },
    load: () => import('../sms-receive.ts'),
  },
  {
    usage: 'alerts list',
    summary: 'what is wrong in the fleet, as people were or will be told',
    options: [rootOption, jsonOption],
    examples: ['alerts list', 'alerts list --json'],
    seeAlso: ['ferryman-alerts-test(1)'],
    load: () => import('../alerts-list.ts'),
  },
  {
    usage: 'alerts test',
    summary: 'send a test to every webhook and mail address of [alerts]',
    options: [rootOption, jsonOption],
    examples: ['alerts test'],
    exits: { 74: 'some of them did not take it' },
    seeAlso: ['ferryman-alerts-list(1)'],
    load: () => import('../alerts-test.ts'),
  },
];
