/** The commands of ferryman: what `--help` and the manual pages say. Code is loaded when a command is called. */
import type { CommandSpec, ProgramSpec } from '../command-line/command.ts';
import { completionCommand } from '../command-line/completion-command.ts';
import { nodeMarks, nodeSorts } from '../fleet/node-query.ts';
import { nodeStates, resultStates } from '../fleet/states.ts';
import { roles } from '../parcel/recipients.ts';
import { states } from '../plan/facts.ts';
import { officeRoles } from '../office/settings.ts';
import { channelOption, jsonOption, rootOption } from './options.ts';
import { passwordFileOption } from './office-user-options.ts';
import { officeKeyOptions } from './usb-key-options.ts';

const followExits = {
  0: 'the script has succeeded, now or before',
  1: 'the script failed, timed out or was interrupted',
  2: 'not for this node, superseded or expired: nothing to do',
  65: 'the parcel was refused',
  75: 'it waits, or the script asked to be tried later',
};

const pageOptions = [
  { flags: '--page <n>', about: 'page (default: 1)' },
  { flags: '--size <n>', about: 'lines of a page, up to 5000 (default: 50)' },
  jsonOption,
  { flags: '--csv', about: 'print rows as CSV, times in UTC' },
] as const;

const commands: readonly CommandSpec[] = [
  {
    usage: 'init',
    summary: 'set up this node: configuration, office keys, identity, folders',
    details: 'Refuses to overwrite: a node is set up once.',
    options: [
      rootOption,
      { flags: '--role <role>', about: 'what the node is', required: true, choices: roles },
      {
        flags: '--office-key <file>',
        about:
          'public key of the office (NAME.pub of sign-update keygen, or of minisign); repeat for several',
        required: true,
        repeatable: true,
      },
      { flags: '--threshold <k>', about: 'office keys that must have signed an update', default: '1' },
      { flags: '--guid <guid>', about: 'GUID of the node (default: a random one)' },
      { flags: '--group <name>', about: 'group of the node; repeat for several', repeatable: true },
      {
        flags: '--baseline <n>',
        about: 'sequences up to n came with the image and never run here',
        default: '0',
      },
      jsonOption,
    ],
    examples: ['init --role kiosk --office-key office.pub --group north'],
    load: () => import('./init.ts'),
  },
  {
    usage: 'run',
    summary: 'work: watch the channels, verify, run, record, report',
    details:
      'Runs one update at a time until SIGTERM or SIGINT. A script that is running then goes on and is picked up at the next start.',
    options: [
      rootOption,
      {
        flags: '--once',
        about: 'do one full pass, wait for a script that it started or found running, and exit',
      },
    ],
    examples: ['run', 'run --once --root /tmp/kiosk'],
    exits: { 75: 'another ferryman works in this root' },
    load: () => import('./run.ts'),
  },
  {
    usage: 'receive <file>',
    summary: 'put a parcel into the inbox durably ("-" reads standard input)',
    details: 'Exits 0 only when a power cut can no longer lose the parcel. The same parcel again is success.',
    options: [rootOption, { ...channelOption, required: true }, jsonOption],
    examples: ['receive update-42.zip --channel backhaul', 'receive - --channel flood < update-42.zip'],
    load: () => import('./receive.ts'),
  },
  {
    usage: 'apply <file>',
    summary: 'receive a parcel and process it now, with progress',
    details:
      'Beside a running daemon the parcel is handed over and followed. Interrupting apply does not stop the script.',
    options: [rootOption, { ...channelOption, about: 'how the parcel came', default: 'usb' }, jsonOption],
    examples: ['apply update-42.zip'],
    exits: followExits,
    load: () => import('./apply.ts'),
  },
  {
    usage: 'verify <file>',
    summary: 'check a parcel against the keys of this node: signatures, archive, contents',
    details:
      'Takes parcels of every kind. An archive of logs and an acknowledgement are signed by a node: then the enrolment that they carry must be ' +
      'signed by the keys that are trusted here. Whether it has been revoked since is not looked at.',
    options: [rootOption, jsonOption],
    examples: ['verify update-42.zip'],
    load: () => import('./verify.ts'),
  },
  {
    usage: 'plan [file]',
    summary: 'say what would happen to a parcel, or to what is queued, and why; changes nothing',
    options: [rootOption, jsonOption],
    examples: ['plan', 'plan update-42.zip'],
    load: () => import('./plan.ts'),
  },
  {
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
    load: () => import('./status.ts'),
  },
  {
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
    load: () => import('./history.ts'),
  },
  {
    usage: 'show <sequence>',
    summary: 'everything about one update',
    details:
      'Where it stands and why; who signed it, whom it is for and what it needs; when it came and by which channel; every change of its ' +
      'state; every run with its attempt, times, end and logs; its short logs and what became of them at every sink. When the office ' +
      'has signed several contents under the number, each is told.',
    seeAlso: ['ferryman-history(1)', 'ferryman-log(1)'],
    options: [rootOption, jsonOption],
    examples: ['show 42', 'show 42 --json'],
    load: () => import('./show.ts'),
  },
  {
    usage: 'log <sequence>',
    summary: "an update's logs: the short log, the script's long log, the captured output",
    details: 'Of its last run. Without an option all three are printed under headings.',
    options: [
      rootOption,
      { flags: '--short', about: 'only the short log' },
      { flags: '--long', about: 'only what the script wrote to its long log' },
      { flags: '--output', about: 'only the captured output' },
    ],
    examples: ['log 42', 'log 42 --output'],
    load: () => import('./log.ts'),
  },
  {
    usage: 'applied <sequence>',
    summary: 'answer by exit status whether an update has succeeded here',
    details: 'For scripts that check their pre-conditions. Prints one word.',
    options: [rootOption],
    examples: ['applied 41 || exit 75'],
    exits: { 0: 'it has succeeded here', 1: 'it has not', 2: 'the ledger cannot be read' },
    load: () => import('./applied.ts'),
  },
  {
    usage: 'trust list',
    summary: 'the office keys that this node believes, with fingerprints',
    details:
      'The fingerprint is the beginning of the SHA-256 of the key, to be compared over a telephone with what the office reads out: ' +
      '"tail -n 1 NAME.pub | base64 -d | sha256sum" prints all of it.',
    options: [rootOption, jsonOption],
    examples: ['trust list', 'trust list --json'],
    exits: { 0: 'the keys are in order', 78: 'they are not: nothing can be verified' },
    load: () => import('./trust-list.ts'),
  },
  {
    usage: 'trust add <file>',
    summary: 'trust one more office key, at once',
    details:
      'Compare its fingerprint with what the office reads out. Keys of low order, and keys or key ids that are trusted already, are ' +
      'refused. How many keys must have signed an update is trust.threshold in config.toml. A running daemon needs no restart; it ' +
      'looks again at what it had refused for want of this key.',
    options: [
      rootOption,
      {
        flags: '--name <name>',
        about: "what the key is called here (default: the file's name without .pub)",
      },
      jsonOption,
    ],
    examples: ['trust add office-2.pub', 'trust add /media/key/office.pub --name office-2027'],
    load: () => import('./trust-add.ts'),
  },
  {
    usage: 'trust remove <key>',
    summary: 'stop trusting an office key, at once',
    details:
      'KEY is its name, key id or fingerprint, as trust list prints them. An update that has not started and no longer has enough ' +
      'signatures does not start. Refused when fewer keys than trust.threshold would be left, since nothing could be verified then: ' +
      'add the successor first, or lower the threshold first.',
    options: [rootOption, jsonOption],
    examples: ['trust remove office-2026', 'trust remove 6F0B6B6A8C5A4E11'],
    load: () => import('./trust-remove.ts'),
  },
  {
    usage: 'new-ledger',
    summary: 'make an empty ledger when the old one is lost or spoiled',
    details:
      'Without its ledger a node does not know what has run, so it runs nothing. A copy from a backup would have everything that ran ' +
      'since run again. So set node.baseline in config.toml to the newest sequence that may have run here, so that nothing up to it runs again; this ' +
      'command refuses while a parcel stored here is above the baseline. The old file is kept under another name.',
    options: [rootOption],
    examples: ['new-ledger'],
    load: () => import('./new-ledger.ts'),
  },
  {
    usage: 'rerun <sequence>',
    summary: 'run a finished update again, now',
    details: 'Its recorded outcome stays unless it can run: a superseded or expired one is not run again.',
    options: [
      rootOption,
      { flags: '--reason <text>', about: 'why; kept in the history', required: true },
      jsonOption,
    ],
    examples: ['rerun 42 --reason "the disk was full"'],
    exits: followExits,
    load: () => import('./rerun.ts'),
  },
  {
    usage: 'install-service',
    summary: 'make ferryman a service of systemd, started at boot',
    details:
      'Writes the unit and the launcher that it starts (docs/service.md), and has systemd start it. Where systemd does not run yet, as ' +
      'in an image, it says what is left to do. Where the Debian package has brought both files, it writes none. Harmless to repeat.',
    options: [
      rootOption,
      { flags: '--dry-run', about: 'print what would be written and run; change nothing' },
      { flags: '--remove', about: 'take the service away again; state and versions stay' },
    ],
    examples: ['install-service --dry-run', 'install-service', 'install-service --remove'],
    load: () => import('./install-service.ts'),
  },
  {
    usage: 'self-update <path>',
    summary: 'put a new version of ferryman beside this one and try it out',
    details:
      'For the scripts of updates. PATH is a Debian package, a folder with bin/ferryman, or an executable file. The service ' +
      'restarts with it; should it not complete a pass in three starts, the version before comes back by itself and says so.',
    options: [rootOption, { flags: '--no-restart', about: 'leave the restart to whoever comes next' }],
    examples: ['self-update ./ferryman.deb'],
    load: () => import('./self-update.ts'),
  },
  {
    usage: 'outbox',
    summary: 'short logs that have not reached their sinks yet, and why',
    details:
      'Sinks are the places that [[report.sinks]] of config.toml names. Each is tried until it has taken everything, after a failure with ' +
      'growing pauses. What waits for a sink that is configured no more stays until it is given up.',
    options: [
      rootOption,
      { flags: '--limit <n>', about: 'short logs to show for each sink', default: '10' },
      { flags: '--retry', about: 'end the pauses: a running daemon tries failing sinks now' },
      { flags: '--give-up <sink>', about: 'send nothing of what waits for this sink' },
      jsonOption,
    ],
    examples: ['outbox', 'outbox --retry', 'outbox --json'],
    load: () => import('./outbox.ts'),
  },
  {
    usage: 'config check',
    summary: 'look whether config.toml is in order, and tell every problem',
    details:
      'Also whether the office keys can be used, and, as a warning, whether programs and folders that it names are there. Changes nothing. ' +
      'With --json all settings are printed, those with defaults too.',
    options: [rootOption, jsonOption],
    examples: ['config check', 'config check --json'],
    exits: { 0: 'in order, perhaps with warnings', 78: 'there are problems' },
    load: () => import('./config-check.ts'),
  },
  {
    usage: 'usb prepare <stick> [update...]',
    summary: 'in the office: lay out a USB key with a pass, updates, and what else nodes are to have',
    details:
      'STICK is the folder where the key is mounted, or a device (/dev/sdb) or image file. Into a folder pass and updates are written beside what ' +
      'is there. A device is erased: without --yes it is only told what would go. Disks that are built in, and whatever is mounted, are ' +
      'refused. The key gets a FAT file system with the UUID that the pass names, and is read back.\n\n' +
      'Refused before anything is written: a file that is no signed update, a pass that has ended or lets no updates be brought, a ' +
      'pass for another volume. With --pub or --keys signatures are verified too.\n\n' +
      'Rosters, acknowledgements and enrolments need no right of the pass and cost no use of it: any key that is let in may bring them.',
    options: [
      { flags: '--pass <file>', about: 'pass made by sign-update usb-pass', required: true },
      { flags: '--roster <file>', about: 'roster made by sign-update roster', repeatable: true },
      {
        flags: '--ack <file>',
        about: 'acknowledgement of a proxy, from its relay/acks; repeat for several',
        repeatable: true,
      },
      {
        flags: '--enrolment <file>',
        about: 'bundle made by ferryman enrol sign; each node takes its own; repeat for several',
        repeatable: true,
      },
      ...officeKeyOptions,
      { flags: '--yes', about: 'erase the device that is named' },
      jsonOption,
    ],
    examples: [
      'usb prepare /media/FERRYMAN --pass pass.zip update-41.zip update-42.zip',
      'usb prepare /dev/sdb --pass pass.zip update-42.zip --yes',
      'usb prepare /media/FERRYMAN --pass pass.zip --roster roster-12.zip --ack ack.zip --enrolment bundle.zip',
    ],
    load: () => import('./usb-prepare.ts'),
  },
  {
    usage: 'usb inspect <stick>',
    summary: 'in the office: show what is on a USB key, and what is wrong with it',
    details:
      'STICK is a folder, a device, or an image file. FAT is read without mounting it; exFAT, ext4 and ISO 9660 are mounted read-only and unseen, which ' +
      'only root can do. Changes nothing. ' +
      'Only with --pub or --keys are signatures verified.',
    options: [...officeKeyOptions, jsonOption],
    examples: ['usb inspect /media/FERRYMAN --pub office.pub', 'usb inspect /dev/sdb --json'],
    exits: { 0: 'nothing wrong was found', 65: 'there are problems' },
    load: () => import('./usb-inspect.ts'),
  },
  {
    usage: 'usb collect <stick>',
    summary: 'in the office: copy the reports and archives of logs that nodes left on a USB key',
    details:
      'Each node gets a folder by its GUID; the same report again adds nothing, another one goes beside it, into GUID.2 and so on. ' +
      'With --node-keys the receipts of a node whose key is there as GUID.pub (its /etc/ferryman/identity.pub) must be signed by it; ' +
      'what is not goes into a folder "refused". Only receipts are signed: what lies beside them proves nothing.\n\n' +
      'Archives of logs go to GUID/archives, for "ferryman proxy take". With --pub or --keys only those are copied that an enrolled node has signed, ' +
      'else those that are what their names say. GUID/request.txt is the request of a node that is not enrolled, for "ferryman enrol sign".',
    options: [
      ...officeKeyOptions,
      {
        flags: '-o, --output <dir>',
        about: 'folder for the reports, made when it is not there',
        required: true,
      },
      { flags: '--node-keys <dir>', about: 'public keys of nodes, GUID.pub' },
      jsonOption,
    ],
    examples: [
      'usb collect /media/FERRYMAN -o reports --node-keys nodes',
      'usb collect /media/FERRYMAN -o reports --pub office.pub',
    ],
    exits: { 65: 'some receipts are not to be believed' },
    load: () => import('./usb-collect.ts'),
  },
  {
    usage: 'usb visits',
    summary: 'USB keys that were put into this node, newest first, and what became of each',
    details: 'The last 1,000 are kept. TAKEN: how many of the files on the key were taken.',
    options: [rootOption, { flags: '-n, --limit <n>', about: 'visits to show', default: '20' }, jsonOption],
    examples: ['usb visits', 'usb visits -n 100 --json'],
    seeAlso: ['ferryman-history(1)'],
    load: () => import('./usb-visits.ts'),
  },
  {
    usage: 'office-ca init <dir>',
    summary: 'in the office: make the ssh CA that certifies nodes, and the register of serials',
    details:
      'DIR gets the key of the CA (ca, ca.pub) and an empty register. Nothing that exists is overwritten. Who has the key can enrol nodes of ' +
      'their own with sshd, though not sign logs or updates: keep it off line, beside the keys of the office, with a copy elsewhere.',
    options: [
      { flags: '--encrypt', about: 'ssh-keygen asks for a passphrase, and again with every enrolment' },
    ],
    examples: ['office-ca init office-ca'],
    seeAlso: ['ssh-keygen(1)'],
    load: () => import('./office-ca-init.ts'),
  },
  {
    usage: 'office-ca list <dir>',
    summary: 'in the office: every serial that was given, to whom, and whether it is revoked',
    details:
      'With --roster it says which serials that roster revokes: name the newest. With --pub or --keys its signatures are verified, else it is taken as it is. ' +
      'Changes nothing.',
    options: [
      { flags: '--roster <file>', about: 'the newest roster, made by sign-update roster' },
      ...officeKeyOptions,
      jsonOption,
    ],
    examples: [
      'office-ca list office-ca',
      'office-ca list office-ca --roster roster-12.zip --pub office.pub',
    ],
    seeAlso: ['sign-update-roster(1)'],
    load: () => import('./office-ca-list.ts'),
  },
  {
    usage: 'enrol request',
    summary: 'on the node: ask the office to enrol it',
    details:
      "Makes the node's ssh keys when it has none, and one line with its GUID, role and public keys, signed by its identity key. The office " +
      'compares the fingerprint before it signs.',
    options: [rootOption, { flags: '-o, --output <file>', about: 'where to write it', default: '-' }],
    examples: ['enrol request -o request.txt'],
    load: () => import('./enrol-request.ts'),
  },
  {
    usage: 'enrol sign <request>',
    summary: 'in the office: enrol a node that has asked for it',
    details:
      'Shows who asks and what would be signed, and asks back. The bundle holds the enrolment, certificates for both ssh keys and the public ' +
      'key of the CA. A serial is taken from the register before anything is signed, and is never given again.\n\n' +
      'Where several keys must sign: give --key several times; or make a --draft, have it signed with --draft by whoever has the other keys, make ' +
      'the bundle of the last draft, and add the other signatures to the bundle with sign-update cosign. No signature can be added to the ' +
      'enrolment inside a bundle.\n\n' +
      'A GUID that was enrolled with another identity key is refused without --again: the node was set up anew, and the serials that it had ' +
      'are to be revoked, or somebody uses its name.',
    options: [
      {
        flags: '--key <file>',
        about: 'secret key of the office; repeat for several',
        required: true,
        repeatable: true,
      },
      { flags: '--passphrase-file <file>', about: 'file with the passphrase of the keys on its first line' },
      { flags: '--ca <dir>', about: 'folder of the ssh CA; only cosigning a draft needs none' },
      { flags: '-o, --output <file>', about: 'the bundle, or the draft', required: true },
      { flags: '--draft', about: 'sign the enrolment alone: the output is a draft' },
      { flags: '--role <role>', about: 'another role than the request asks for', choices: roles },
      { flags: '--serial <n>', about: 'a serial above all that were given (default: the next)' },
      { flags: '--again', about: 'the node was set up anew' },
      { flags: '--yes', about: 'do not ask' },
      jsonOption,
    ],
    examples: ['enrol sign request.txt --key office.key --ca office-ca -o bundle.zip'],
    exits: { 1: 'the answer was no' },
    seeAlso: ['sign-update-cosign(1)'],
    load: () => import('./enrol-sign.ts'),
  },
  {
    usage: 'enrol install [bundle]',
    summary: 'on the node: take an enrolment of the office into use',
    details:
      'The bundle must be signed as updates are, be for this node, its identity and its ssh keys, and not be older than what is installed. All files ' +
      'are checked with sshd before one rename puts them in place. Makes the user of flood.user when the machine has none; with --root it must be there ' +
      'already. After a change of flood.sshPort, flood.user or flood.reverse, install the same bundle again.\n\n' +
      'With --shared-key in place of a bundle all nodes have one ssh key: none can be told from another or revoked alone, each can pass for each, and a ' +
      'gateway hands logs over only to keys given with --proxy-key.',
    options: [
      rootOption,
      { flags: '--shared-key <file>', about: 'the one ssh key of all nodes; FILE.pub stands beside it' },
      {
        flags: '--proxy-key <file>',
        about: 'public ssh key of a proxy; repeat for several',
        repeatable: true,
      },
      {
        flags: '--enrolment <file>',
        about: 'with --shared-key: a draft that the office has signed, so that the node can sign its logs',
      },
    ],
    examples: ['enrol install bundle.zip', 'enrol install --shared-key fleet_ed25519'],
    load: () => import('./enrol-install.ts'),
  },
  {
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
    load: () => import('./endpoint.ts'),
  },
  {
    usage: 'logs pack',
    summary: 'pack what is new in the logs into archives that travel home',
    details:
      'What has come into the files below /var/log, and into the journal, since the last archive; outcomes of updates; contacts with neighbours. ' +
      'A long backlog becomes several archives. The daemon does it by itself on the configured period. Needs an enrolment, since each ' +
      'archive is signed by the node.',
    options: [
      rootOption,
      {
        flags: '--class <class>',
        about: 'short: outcomes and contacts alone',
        default: 'long',
        choices: ['short', 'long'],
      },
      jsonOption,
    ],
    examples: ['logs pack', 'logs pack --class short'],
    exits: { 75: 'another ferryman packs logs here', 78: 'the node is not enrolled' },
    load: () => import('./logs-pack.ts'),
  },
  {
    usage: 'logs unpack <file>',
    summary: 'unpack an archive of logs into a folder',
    details:
      'On a node, or with --keys, the signatures of office and node are checked first; else what is unpacked proves nothing. Stock tools open an archive ' +
      'too: "unzip ARCHIVE", then "tar --zstd -xf logs.tar.zst". Nothing is written outside of the folder; links and devices are refused.',
    options: [
      {
        flags: '-o, --output <dir>',
        about: 'folder for what is in it; must not hold anything',
        required: true,
      },
      { flags: '--keys <dir>', about: 'public keys of the office, NAME.pub' },
      { flags: '--threshold <k>', about: 'office keys that must have signed the enrolment', default: '1' },
      rootOption,
      jsonOption,
    ],
    examples: [
      'logs unpack 0000000042.long.zip -o out',
      'logs unpack a.zip -o out --keys /etc/ferryman/keys',
    ],
    exits: { 65: 'the archive is not to be believed, or damaged' },
    load: () => import('./logs-unpack.ts'),
  },
  {
    usage: 'logs status',
    summary: "this node's own archives of logs: what waits, what was delivered, what was lost",
    details:
      'Delivered means that a proxy has acknowledged it. A void is a number whose archive was never built, because the power went, or had to be dropped ' +
      'undelivered for want of room: the office is told of each.',
    options: [rootOption, jsonOption],
    examples: ['logs status', 'logs status --json'],
    load: () => import('./logs-status.ts'),
  },
  {
    usage: 'proxy status',
    summary: 'on a proxy: what it holds of each node, and what has not come',
    details:
      'A gap is late for two weeks after an archive with a higher number has come, and missing from then on; lost is what the node itself ' +
      'has said that it had to drop. Forked: two archives of one name with different contents, so a copied disk, or somebody else with ' +
      "the node's key; the first one is kept and acknowledged, the other one is evidence below /var/lib/ferryman/forks.",
    options: [rootOption, jsonOption],
    examples: ['proxy status', 'proxy status --json'],
    seeAlso: ['ferryman-proxy-take(1)', 'ferryman-proxy-check(1)'],
    load: () => import('./proxy-status.ts'),
  },
  {
    usage: 'proxy take <file...>',
    summary: 'on a proxy: take archives of logs in by hand, from files or whole folders',
    details:
      'Each archive is verified, stored durably, unpacked below /var/lib/ferryman/unpacked, and then acknowledged: the acknowledgement is offered ' +
      'to neighbours, and its way home lets the node remove its own copy. Archives that are here already change nothing. Works beside ' +
      'ferryman run.',
    options: [rootOption, jsonOption],
    examples: ['proxy take 0000000042.long.zip', 'proxy take /media/disk/logs'],
    exits: { 65: 'some files were refused, or are forks; the others were taken' },
    seeAlso: ['ferryman-proxy-status(1)'],
    load: () => import('./proxy-take.ts'),
  },
  {
    usage: 'proxy check',
    summary: 'on a proxy: read every archive of the store again and compare it with what was acknowledged',
    options: [rootOption, jsonOption],
    examples: ['proxy check'],
    exits: { 74: 'something is damaged or missing' },
    seeAlso: ['ferryman-proxy-status(1)'],
    load: () => import('./proxy-check.ts'),
  },
  {
    usage: 'neighbours',
    summary: 'neighbours that were heard or met: who, when, how much, and why the last contact stopped',
    details:
      'IN and OUT: bytes over the wire in contacts in which this node fetched. Pings that were not believed are counted by what was wrong: ' +
      'forged, replayed, of a foreign office, revoked, oversize, malformed, from off the link, or too many at a time.',
    options: [rootOption, jsonOption],
    examples: ['neighbours', 'neighbours --json'],
    load: () => import('./neighbours.ts'),
  },
  {
    usage: 'why <parcel>',
    summary: 'why an archive of logs, an update or an acknowledgement is here, or is not',
    details:
      'PARCEL is an archive as ORIGIN/INCARNATION/SEQUENCE, or the first 8 or more digits of a digest. Archives of other nodes are known by name alone.',
    options: [rootOption, jsonOption],
    examples: ['why 9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11/5f3a9c0e12b4d678/42', 'why 4be1f5a0'],
    exits: { 66: 'nothing is known of it' },
    load: () => import('./why.ts'),
  },
  {
    usage: 'fleet status',
    summary: 'in the office: the fleet on one screen, and what needs a person',
    details:
      'Every node is in one state: failed (an update failed, was interrupted or refused), silent and late (not heard for much longer, or longer, than ' +
      'its own rhythm: ten and three times its usual pause, two weeks and two days at least), behind, up to date, new (never heard) or paused. ' +
      'What needs a person follows, the worst first, one line for a cause. Read from the fleet store that fleet.store in config.toml names.',
    options: [rootOption, { flags: '--check', about: 'exit 1 when a person is needed' }, jsonOption],
    examples: ['fleet status', 'fleet status --check --json'],
    exits: { 1: 'with --check: a person is needed', 69: 'the fleet store cannot be reached' },
    seeAlso: ['ferryman-fleet-nodes(1)', 'ferryman-fleet-update(1)'],
    load: () => import('./fleet-status.ts'),
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
        about: 'only heard last by this road: flood, sms, usb; repeat for several',
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
    load: () => import('./fleet-nodes.ts'),
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
    load: () => import('./fleet-node.ts'),
  },
  {
    usage: 'fleet updates',
    summary: 'in the office: updates, and how many nodes are done with each',
    options: [rootOption, ...pageOptions],
    examples: ['fleet updates'],
    load: () => import('./fleet-updates.ts'),
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
    load: () => import('./fleet-update.ts'),
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
    load: () => import('./fleet-roads.ts'),
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
    load: () => import('./fleet-logs.ts'),
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
    load: () => import('./fleet-name.ts'),
  },
  {
    usage: 'fleet pause <node>',
    summary: 'in the office: expect nothing of a node until a date',
    details:
      'It is then neither late nor silent nor failed, and nobody is told of it. It is shown as paused, with the date.',
    options: [
      rootOption,
      { flags: '--until <time>', about: 'RFC 3339, a day, or for how long: 12h, 30d' },
      { flags: '--end', about: 'it is expected again from now on' },
      jsonOption,
    ],
    examples: ['fleet pause rampur --until 2027-01-10', 'fleet pause rampur --end'],
    load: () => import('./fleet-pause.ts'),
  },
  {
    usage: 'fleet rebuild',
    summary: 'on a proxy: bring everything that its archives tell into the fleet store',
    details:
      'For a fleet store that was made anew, or has lost something. What it has already is passed over; archives of other proxies come by the same command there.',
    options: [rootOption, jsonOption],
    examples: ['fleet rebuild'],
    exits: { 69: 'the database is away' },
    seeAlso: ['ferryman-proxy-check(1)'],
    load: () => import('./fleet-rebuild.ts'),
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
    load: () => import('./office.ts'),
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
    load: () => import('./office-user-add.ts'),
  },
  {
    usage: 'office-user remove <name>',
    summary: 'let somebody in no longer, and log them out',
    options: [rootOption],
    examples: ['office-user remove anna'],
    load: () => import('./office-user-remove.ts'),
  },
  {
    usage: 'office-user password <name>',
    summary: 'give somebody a new password, and log them out',
    options: [rootOption, passwordFileOption],
    examples: ['office-user password anna'],
    load: () => import('./office-user-password.ts'),
  },
  {
    usage: 'office-user list',
    summary: 'who may look at the page of the office',
    options: [rootOption, jsonOption],
    examples: ['office-user list', 'office-user list --json'],
    load: () => import('./office-user-list.ts'),
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
    load: () => import('./sms-receive.ts'),
  },
  {
    usage: 'alerts list',
    summary: 'what is wrong in the fleet, as people were or will be told',
    options: [rootOption, jsonOption],
    examples: ['alerts list', 'alerts list --json'],
    seeAlso: ['ferryman-alerts-test(1)'],
    load: () => import('./alerts-list.ts'),
  },
  {
    usage: 'alerts test',
    summary: 'send a test to every webhook and mail address of [alerts]',
    options: [rootOption, jsonOption],
    examples: ['alerts test'],
    exits: { 74: 'some of them did not take it' },
    seeAlso: ['ferryman-alerts-list(1)'],
    load: () => import('./alerts-test.ts'),
  },
  {
    usage: 'fleet import <dir>',
    summary: "in the office: make the nodes of the office's register known before they are heard",
    details:
      'DIR is the folder of ferryman office-ca, which has an entry for each enrolment. Nodes that are known keep their names. A node that sends its ' +
      'logs becomes known by itself; one that is imported and never heard is shown as new. Again is harmless.',
    options: [rootOption, jsonOption],
    examples: ['fleet import office-ca'],
    load: () => import('./fleet-import.ts'),
  },
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
    load: () => import('./publish.ts'),
  },
  completionCommand('ferryman', () => import('./completion.ts')),
];

export function ferryman(version: string): ProgramSpec {
  return {
    name: 'ferryman',
    summary: 'keeps a rarely-connected machine in good order by signed updates',
    version,
    description:
      'A central office signs updates; they are carried to a node by whatever road is open: data carried by bus (backhaul), neighbour ' +
      'to neighbour (flood), or a technician\'s USB key. "ferryman run" watches these roads, checks the signatures of what arrives, runs ' +
      'each update that is meant for the node at most once, as root, and reports how it ended. The other commands bring an update in by ' +
      'hand, or show what is going on. "ferryman status" is the one to begin with.',
    files: [
      ['/etc/ferryman/config.toml', 'configuration of the node'],
      ['/etc/ferryman/keys/*.pub', 'public keys of the office that the node trusts'],
      ['/etc/ferryman/identity.key', 'secret key of the node'],
      ['/var/lib/ferryman/', 'ledger, inbox, verified updates, state of scripts'],
      ['/var/log/ferryman/', 'short and long logs, captured output'],
    ],
    environment: [
      ['FERRYMAN_ROOT', 'folder under which the node stands, where --root is not given'],
      ['NO_COLOR', 'not empty: no colours'],
      [
        'FORCE_COLOR',
        'not empty and not 0: colours also where the output is no terminal, unless NO_COLOR is set',
      ],
    ],
    seeAlso: ['sign-update(1)', 'minisign(1)'],
    commands,
    groups: {
      trust: 'list, add and remove the office keys that this node believes',
      config: 'the configuration of this node',
      enrol: 'who a node is: asked for on the node, signed in the office, installed on the node',
      'office-ca': 'in the office: the ssh CA that certifies nodes',
      logs: 'logs on their way home',
      fleet: 'in the office: what is known of all nodes',
      proxy: 'archives of logs that have come home: on a proxy',
      'office-user': 'who may look at the page of the office',
      sms: 'short logs that come by SMS',
      alerts: 'what is wrong in the fleet, told to people',
      usb: 'USB keys: in the office to prepare, inspect and collect; on a node what was put in',
    },
  };
}
