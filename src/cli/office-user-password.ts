import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { hashPassword, passwordFault } from '../office/access/password-hash.ts';
import { printable } from '../parcel/printable.ts';
import { atFleet } from './fleet-desk.ts';
import { accountsOf, newPassword } from './office-options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [name = ''] = input.args;
  await atFleet(input, io, async (desk) => {
    const nobody = (): FerrymanError =>
      new FerrymanError('office.user', `${printable(name)}: expected a user, found none`);
    if (!(await accountsOf(desk).user(name))) throw nobody();
    const password = await newPassword(input, io, name);
    const fault = passwordFault(password);
    if (fault !== undefined) throw new FerrymanError('office.password', `password: ${fault}`);
    if (!(await accountsOf(desk).setPassword(name, await hashPassword(password)))) throw nobody();
  });
  io.out(`${name} has a new password, and is logged out\n`);
  return 0;
}
