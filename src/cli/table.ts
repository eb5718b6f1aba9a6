/** The commands of ferryman: what `--help` and the manual pages say. Code is loaded when a command is called. */
import type { CommandSpec, ProgramSpec } from '../command-line/command.ts';
import { completionCommand } from '../command-line/completion-command.ts';
import { neighboursCommands } from './table/neighbours.ts';
import { nodeCommands } from './table/node.ts';
import { officeCommands } from './table/office.ts';
import { usbCommands } from './table/usb.ts';

const commands: readonly CommandSpec[] = [
  ...nodeCommands,
  ...usbCommands,
  ...neighboursCommands,
  ...officeCommands,
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
