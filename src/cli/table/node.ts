/** Commands about a node and its updates. */
import type { CommandSpec } from '../../command-line/command.ts';
import { roles } from '../../parcel/recipients.ts';
import { channelOption, jsonOption, rootOption } from '../options.ts';
import { appliedCommand, historyCommand, showCommand, statusCommand } from './questions.ts';

const followExits = {
  0: 'the script has succeeded, now or before',
  1: 'the script failed, timed out or was interrupted',
  2: 'not for this node, superseded or expired: nothing to do',
  65: 'the parcel was refused',
  75: 'it waits, or the script asked to be tried later',
};

export const nodeCommands: readonly CommandSpec[] = [
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
    load: () => import('../init.ts'),
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
    load: () => import('../run.ts'),
  },
  {
    usage: 'receive <file>',
    summary: 'put a parcel into the inbox durably ("-" reads standard input)',
    details: 'Exits 0 only when a power cut can no longer lose the parcel. The same parcel again is success.',
    options: [rootOption, { ...channelOption, required: true }, jsonOption],
    examples: ['receive update-42.zip --channel backhaul', 'receive - --channel flood < update-42.zip'],
    load: () => import('../receive.ts'),
  },
  {
    usage: 'apply <file>',
    summary: 'receive a parcel and process it now, with progress',
    details:
      'Beside a running daemon the parcel is handed over and followed. Interrupting apply does not stop the script.',
    options: [rootOption, { ...channelOption, about: 'how the parcel came', default: 'usb' }, jsonOption],
    examples: ['apply update-42.zip'],
    exits: followExits,
    load: () => import('../apply.ts'),
  },
  {
    usage: 'verify <file>',
    summary: 'check a parcel against the keys of this node: signatures, archive, contents',
    details:
      'Takes parcels of every kind. An archive of logs and an acknowledgement are signed by a node: then the enrolment that they carry must be ' +
      'signed by the keys that are trusted here. Whether it has been revoked since is not looked at.',
    options: [rootOption, jsonOption],
    examples: ['verify update-42.zip'],
    load: () => import('../verify.ts'),
  },
  {
    usage: 'plan [file]',
    summary: 'say what would happen to a parcel, or to what is queued, and why; changes nothing',
    options: [rootOption, jsonOption],
    examples: ['plan', 'plan update-42.zip'],
    load: () => import('../plan.ts'),
  },
  statusCommand,
  historyCommand,
  showCommand,
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
    load: () => import('../log.ts'),
  },
  appliedCommand,
  {
    usage: 'trust list',
    summary: 'the office keys that this node believes, with fingerprints',
    details:
      'The fingerprint is the beginning of the SHA-256 of the key, to be compared over a telephone with what the office reads out: ' +
      '"tail -n 1 NAME.pub | base64 -d | sha256sum" prints all of it.',
    options: [rootOption, jsonOption],
    examples: ['trust list', 'trust list --json'],
    exits: { 0: 'the keys are in order', 78: 'they are not: nothing can be verified' },
    load: () => import('../trust-list.ts'),
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
    load: () => import('../trust-add.ts'),
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
    load: () => import('../trust-remove.ts'),
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
    load: () => import('../new-ledger.ts'),
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
    load: () => import('../rerun.ts'),
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
    load: () => import('../install-service.ts'),
  },
  {
    usage: 'self-update <path>',
    summary: 'put a new version of ferryman beside this one and try it out',
    details:
      'For the scripts of updates. PATH is a Debian package, a folder with bin/ferryman, or an executable file. The service ' +
      'restarts with it; should it not complete a pass in three starts, the version before comes back by itself and says so.',
    options: [rootOption, { flags: '--no-restart', about: 'leave the restart to whoever comes next' }],
    examples: ['self-update ./ferryman.deb'],
    load: () => import('../self-update.ts'),
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
    load: () => import('../outbox.ts'),
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
    load: () => import('../config-check.ts'),
  },
];
