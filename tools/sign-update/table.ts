/** The commands of sign-update. Code is loaded when a command is called. */
import type { CommandSpec, OptionSpec, ProgramSpec } from '../../src/command-line/command.ts';
import { completionCommand } from '../../src/command-line/completion-command.ts';
import { roles } from '../../src/parcel/recipients.ts';
import { passRights } from '../../src/parcel/usb-pass.ts';

const passphraseFile: OptionSpec = {
  flags: '--passphrase-file <file>',
  about: "file whose first line is the key's passphrase (default: ask on the terminal)",
};
const keyOption: OptionSpec = { flags: '--key <file>', about: 'secret key, NAME.key', required: true };
const outOption: OptionSpec = {
  flags: '-o, --output <file>',
  about: 'file to write; never overwritten',
  required: true,
};
const jsonOption: OptionSpec = { flags: '--json', about: 'print facts as JSON (docs/json.md)' };

const commands: readonly CommandSpec[] = [
  {
    usage: 'keygen <name>',
    summary: "make a key pair: NAME.key and NAME.pub, in minisign's formats",
    details:
      'Never overwrites. The passphrase is asked for on the terminal, unless a file is given or --no-passphrase.',
    options: [
      { flags: '--no-passphrase', about: 'leave the secret key unencrypted, for scripts and tests' },
      passphraseFile,
      jsonOption,
    ],
    examples: ['keygen office', 'keygen test --no-passphrase'],
    load: () => import('./keygen.ts'),
  },
  {
    usage: 'sign <dir>',
    summary: 'pack a folder into an update and sign it',
    details:
      'The same folder and options, --created included, give the same bytes. A sequence names one content for ever: the ' +
      'sequences used with a key are kept beside it, in FILE.sequences, and one that was used for other content is refused. ' +
      'Empty folders do not travel.',
    options: [
      keyOption,
      passphraseFile,
      { flags: '--sequence <n>', about: 'number of this update, unique for ever', required: true },
      {
        flags: '--to <who>',
        about: `recipient: a GUID, role:${roles.join('|')}, group:NAME or all; repeat for several`,
        required: true,
        repeatable: true,
      },
      { flags: '--script <path>', about: 'the executable file in the folder that is run', required: true },
      { flags: '--title <text>', about: 'what the update is, for people (default: name of the folder)' },
      {
        flags: '--requires <n>',
        about: 'sequence that must have succeeded before; N or A-B; repeat for several',
        repeatable: true,
      },
      {
        flags: '--supersedes <n>',
        about: 'sequence that need not run any more; N or A-B; repeat for several',
        repeatable: true,
      },
      { flags: '--created <time>', about: 'RFC 3339 (default: $SOURCE_DATE_EPOCH, or now)' },
      { flags: '--expires <time>', about: 'RFC 3339; later than this it is not started any more' },
      {
        flags: '--timeout <duration>',
        about: 'time that the script is given: 90s, 30m, 2h, 1d',
        default: '30m',
      },
      {
        flags: '--on-interrupt <what>',
        about: 'what to do when a power cut hides how a run ended',
        choices: ['report', 'rerun'],
        default: 'report',
      },
      {
        flags: '--max-attempts <n>',
        about: 'starts in all, with --on-interrupt rerun (default: 3 with rerun, else 1)',
      },
      outOption,
      jsonOption,
    ],
    examples: [
      'sign fix-clock/ --key office.key --sequence 42 --to role:kiosk --script run.sh -o update-42.zip',
    ],
    load: () => import('./sign.ts'),
  },
  {
    usage: 'usb-pass',
    summary: 'make the pass of a USB key, and sign it',
    details:
      'A node reads a USB key only when ferryman/pass.zip on it is such a pass, made for the file system of this very key ("lsblk -o ' +
      'NAME,UUID,SERIAL" shows its UUID, and the serial number of the device). The pass opens the way for the technician alone: each ' +
      'update on the key is still checked by its own signatures.\n\n' +
      'Say which nodes let the key in: --node, --group and --role, which may be mixed, or --all. A copy of a key, byte for byte, has ' +
      'the same UUID; with --serial it is told apart. Nodes have no reliable clock: a pass has ended for them when they have seen an ' +
      'update that was signed after --not-after. Uses are counted by each node for itself. Where several keys must sign, go on with cosign.',
    options: [
      keyOption,
      passphraseFile,
      {
        flags: '--volume <uuid>',
        about: "UUID of the key's file system, as blkid prints it",
        required: true,
      },
      { flags: '--serial <text>', about: 'serial number of the USB device (default: any device)' },
      { flags: '--technician <name>', about: 'who carries the key, for people', required: true },
      {
        flags: '--node <guid>',
        about: 'GUID of a node that lets it in; repeat for several',
        repeatable: true,
      },
      {
        flags: '--group <name>',
        about: 'group of nodes that let it in; repeat for several',
        repeatable: true,
      },
      {
        flags: '--role <role>',
        about: 'role of nodes that let it in; repeat for several',
        choices: roles,
        repeatable: true,
      },
      { flags: '--all', about: 'every node lets it in' },
      { flags: '--created <time>', about: 'RFC 3339 (default: $SOURCE_DATE_EPOCH, or now)' },
      {
        flags: '--not-after <time>',
        about: 'a day, all of it, or RFC 3339 (default: no end)',
      },
      {
        flags: '--uses <n>',
        about: 'visits to each node that may bring it something new (default: any number)',
      },
      {
        flags: '--may <what>',
        about: `${passRights.join(',')}, or one of them: to bring updates, to carry logs home`,
        default: 'apply',
      },
      outOption,
      jsonOption,
    ],
    examples: [
      'usb-pass --key office.key --volume 3EF5-2A49 --technician Ravi --group north --not-after 2026-12-31 --uses 3 -o pass.zip',
    ],
    load: () => import('./usb-pass.ts'),
  },
  {
    usage: 'roster',
    summary: 'say which enrolments are revoked, and sign it',
    details:
      'Each roster says all: a serial that is not in the newest counts again, so repeat what stays revoked. Nodes take a roster only ' +
      'when its number is higher than that of the one they have; the numbers used with a key are kept beside it, in FILE.rosters. ' +
      'A closed incarnation is one that nobody waits for any more (the disk of a node was replaced): its archives are neither carried ' +
      'nor acknowledged. Where several keys must sign, go on with cosign.',
    options: [
      keyOption,
      passphraseFile,
      { flags: '--number <n>', about: 'number of this roster, higher than any before', required: true },
      {
        flags: '--revoke <n>',
        about: 'serial of an enrolment that counts no longer; N or A-B; repeat for several',
        repeatable: true,
      },
      {
        flags: '--close <name>',
        about: 'incarnation that is closed, GUID/INCARNATION; repeat for several',
        repeatable: true,
      },
      { flags: '--created <time>', about: 'RFC 3339 (default: $SOURCE_DATE_EPOCH, or now)' },
      outOption,
      jsonOption,
    ],
    examples: ['roster --key office.key --number 12 --revoke 7 --revoke 20-24 -o roster-12.zip'],
    load: () => import('./roster.ts'),
  },
  {
    usage: 'cosign <file>',
    summary: 'add the signature of a second key to a parcel, in place',
    options: [keyOption, passphraseFile],
    examples: ['cosign update-42.zip --key deputy.key'],
    load: () => import('./cosign.ts'),
  },
  {
    usage: 'verify <file>',
    summary: 'check a parcel: signatures, archive and all contents',
    details:
      'Takes parcels of every kind. An archive of logs and an acknowledgement are signed by a node: then the enrolment that they carry must be ' +
      'signed by the keys that are given. Whether it has been revoked since is not looked at.',
    options: [
      {
        flags: '--pub <file>',
        about: 'trusted public key, NAME.pub; repeat for several',
        required: true,
        repeatable: true,
      },
      { flags: '--threshold <k>', about: 'keys that must have signed', default: '1' },
      jsonOption,
    ],
    examples: ['verify update-42.zip --pub office.pub --pub deputy.pub --threshold 2'],
    load: () => import('./verify.ts'),
  },
  {
    usage: 'inspect <file>',
    summary: 'look into a parcel without checking who signed it',
    details: 'Proves nothing: anybody can make a parcel that says what it likes. Use verify.',
    options: [jsonOption],
    examples: ['inspect update-42.zip'],
    load: () => import('./inspect.ts'),
  },
  {
    usage: 'detach <file>',
    summary: 'split a parcel into the plain zip and its signatures, for stock minisign',
    details: 'Writes ZIP and ZIP.minisig, or ZIP.<KEYID>.minisig for each of several signatures.',
    options: [{ ...outOption, about: 'the plain zip to write; never overwritten' }],
    examples: ['detach update-42.zip -o plain.zip && minisign -V -p office.pub -m plain.zip'],
    load: () => import('./detach.ts'),
  },
  {
    usage: 'attach <zip> <minisig...>',
    summary: 'join a plain zip, or a parcel, and signatures made by minisign into a parcel',
    options: [outOption],
    examples: ['attach plain.zip plain.zip.minisig -o update-42.zip'],
    load: () => import('./attach.ts'),
  },
  completionCommand('sign-update', () => import('./completion.ts')),
];

export function signUpdate(version: string): ProgramSpec {
  return {
    name: 'sign-update',
    summary: 'makes, signs and checks updates for ferryman nodes',
    version,
    description:
      'The tool of the office. It packs a folder with a script into an update, signs it, and checks what others made. An update is an ' +
      'ordinary zip file whose comment holds minisign signatures: stock unzip and minisign can open and check it.',
    files: [
      ['NAME.key', "secret key, in minisign's format"],
      ['NAME.pub', "public key, in minisign's format"],
      [
        'NAME.key.sequences',
        'the sequences that were used with a key, so that none is used for two contents',
      ],
      ['NAME.key.rosters', 'the same of the numbers of rosters'],
    ],
    environment: [
      ['SOURCE_DATE_EPOCH', 'seconds since 1970: the time of signing, where --created is not given'],
    ],
    seeAlso: ['ferryman(1)', 'minisign(1)'],
    commands,
  };
}
