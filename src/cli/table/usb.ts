/** Commands about USB keys: in the office, and on a node. */
import type { CommandSpec } from '../../command-line/command.ts';
import { jsonOption, rootOption } from '../options.ts';
import { officeKeyOptions } from '../usb-key-options.ts';

export const usbCommands: readonly CommandSpec[] = [
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
    load: () => import('../usb-prepare.ts'),
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
    load: () => import('../usb-inspect.ts'),
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
    load: () => import('../usb-collect.ts'),
  },
  {
    usage: 'usb visits',
    summary: 'USB keys that were put into this node, newest first, and what became of each',
    details: 'The last 1,000 are kept. TAKEN: how many of the files on the key were taken.',
    options: [rootOption, { flags: '-n, --limit <n>', about: 'visits to show', default: '20' }, jsonOption],
    examples: ['usb visits', 'usb visits -n 100 --json'],
    seeAlso: ['ferryman-history(1)'],
    load: () => import('../usb-visits.ts'),
  },
];
