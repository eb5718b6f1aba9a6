/** Section `start-up`: short commands beside the bare interpreter. */
import { join } from 'node:path';
import { measureInTurns, type Peer } from './measure.ts';
import { ferryman, makeNode, makeOffice, node } from './programs.ts';
import { comparison } from './table.ts';

export function benchStartUp(scratch: string, rounds: number): string {
  const root = join(scratch, 'root');
  makeNode(root, makeOffice(scratch).publicKey);
  const peers = [
    call('node -e 0', '-e', '0'),
    call('ferryman status', ferryman, 'status', '--root', root),
    // The answer is told by the exit status, and no is 1.
    {
      name: 'ferryman applied 1',
      command: () => ['sh', '-c', `! ${node} ${ferryman} applied 1 --root ${root}`],
    },
    call('ferryman history', ferryman, 'history', '--root', root),
    call('ferryman --version', ferryman, '--version'),
  ];
  return comparison(measureInTurns(peers, rounds * 5, scratch), 'node -e 0', scratch);
}

function call(name: string, ...args: string[]): Peer {
  return { name, command: () => [node, ...args] };
}
