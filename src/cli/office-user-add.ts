import { text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { newUser } from '../office/access/new-user.ts';
import { atFleetOrNew } from './fleet-desk.ts';
import { accountsOf, newPassword } from './office-options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [name = ''] = input.args;
  const role = text(input, 'role') ?? 'reader';
  await atFleetOrNew(input, io, async (desk) => {
    const password = await newPassword(input, io, name);
    await newUser(accountsOf(desk), { name, role, password, now: Date.now() });
  });
  io.out(`${name} may log in, as ${role}\n`);
  return 0;
}
