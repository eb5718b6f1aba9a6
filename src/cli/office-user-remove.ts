import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { printable } from '../parcel/printable.ts';
import { atFleet } from './fleet-desk.ts';
import { accountsOf } from './office-options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [name = ''] = input.args;
  const isRemoved = await atFleet(input, io, (desk) => accountsOf(desk).removeUser(name));
  if (!isRemoved) throw new FerrymanError('office.user', `${printable(name)}: expected a user, found none`);
  io.out(`${name} may no longer log in, and is logged out\n`);
  return 0;
}
