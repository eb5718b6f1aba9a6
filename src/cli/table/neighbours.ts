/** Commands about enrolment, neighbours and logs on their way home. */
import type { CommandSpec } from '../../command-line/command.ts';
import { roles } from '../../parcel/recipients.ts';
import { endpointCommand } from './questions.ts';
import { jsonOption, rootOption } from '../options.ts';
import { officeKeyOptions } from '../usb-key-options.ts';

export const neighboursCommands: readonly CommandSpec[] = [
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
    load: () => import('../office-ca-init.ts'),
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
    load: () => import('../office-ca-list.ts'),
  },
  {
    usage: 'enrol request',
    summary: 'on the node: ask the office to enrol it',
    details:
      "Makes the node's ssh keys when it has none, and one line with its GUID, role and public keys, signed by its identity key. The office " +
      'compares the fingerprint before it signs.',
    options: [rootOption, { flags: '-o, --output <file>', about: 'where to write it', default: '-' }],
    examples: ['enrol request -o request.txt'],
    load: () => import('../enrol-request.ts'),
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
    load: () => import('../enrol-sign.ts'),
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
    load: () => import('../enrol-install.ts'),
  },
  endpointCommand,
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
    load: () => import('../logs-pack.ts'),
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
    load: () => import('../logs-unpack.ts'),
  },
  {
    usage: 'logs status',
    summary: "this node's own archives of logs: what waits, what was delivered, what was lost",
    details:
      'Delivered means that a proxy has acknowledged it. A void is a number whose archive was never built, because the power went, or had to be dropped ' +
      'undelivered for want of room: the office is told of each.',
    options: [rootOption, jsonOption],
    examples: ['logs status', 'logs status --json'],
    load: () => import('../logs-status.ts'),
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
    load: () => import('../proxy-status.ts'),
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
    load: () => import('../proxy-take.ts'),
  },
  {
    usage: 'proxy check',
    summary: 'on a proxy: read every archive of the store again and compare it with what was acknowledged',
    options: [rootOption, jsonOption],
    examples: ['proxy check'],
    exits: { 74: 'something is damaged or missing' },
    seeAlso: ['ferryman-proxy-status(1)'],
    load: () => import('../proxy-check.ts'),
  },
  {
    usage: 'neighbours',
    summary: 'neighbours that were heard or met: who, when, how much, and why the last contact stopped',
    details:
      'Bytes in and out are those over the wire in contacts in which this node fetched. What a neighbour brought that proved wrong is named: ' +
      '"ferryman why" tells of each. Pings that were not believed are counted by what was wrong: ' +
      'forged, replayed, of a foreign office, revoked, oversize, malformed, from off the link, or too many at a time.',
    options: [rootOption, jsonOption],
    examples: ['neighbours', 'neighbours --json'],
    load: () => import('../neighbours.ts'),
  },
  {
    usage: 'why <parcel>',
    summary: 'why an archive of logs, an update or an acknowledgement is here, or is not',
    details:
      'PARCEL is an archive as ORIGIN/INCARNATION/SEQUENCE, the first 8 or more digits of a digest, or a name that "ferryman neighbours" tells. ' +
      'Archives of other nodes are known by name alone.',
    options: [rootOption, jsonOption],
    examples: ['why 9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11/5f3a9c0e12b4d678/42', 'why 4be1f5a0'],
    exits: { 66: 'nothing is known of it' },
    load: () => import('../why.ts'),
  },
];
