import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { printable } from '../parcel/printable.ts';
import { atFleet } from './fleet-desk.ts';
import { json } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [who = '', name = ''] = input.args;
  const place = text(input, 'place');
  const note = text(input, 'note');
  const words = { name, ...(place === undefined ? {} : { place }), ...(note === undefined ? {} : { note }) };
  const node = await atFleet(input, io, ({ change }) => change.describe(who, words));
  if (flag(input, 'json')) json(io, { schema: 'ferryman.fleet-name/1', ...node });
  else io.out(`${node.guid} is ${node.name === '' ? 'without a name' : `called ${printable(node.name)}`}\n`);
  return 0;
}
