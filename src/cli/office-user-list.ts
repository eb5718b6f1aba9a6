import { flag, type Input } from '../command-line/command.ts';
import { lineWidth, table } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter } from '../command-line/paint.ts';
import { exactly, iso } from '../office/parts/moment.ts';
import { atFleet } from './fleet-desk.ts';
import { accountsOf } from './office-options.ts';
import { json } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const users = await atFleet(input, io, (desk) => accountsOf(desk).users());
  if (flag(input, 'json')) {
    const told = users.map(({ name, role, createdAt, lastLoginAt }) => ({
      name,
      role,
      createdAt: iso(createdAt),
      lastLoginAt: lastLoginAt === null ? null : iso(lastLoginAt),
    }));
    json(io, { schema: 'ferryman.office-users/1', users: told });
    return 0;
  }
  if (users.length === 0) {
    io.out('nobody may log in yet: ferryman office-user add NAME --role operator\n');
    return 0;
  }
  const rows = users.map(({ name, role, createdAt, lastLoginAt }) => [
    name,
    role,
    exactly(createdAt),
    lastLoginAt === null ? 'never' : exactly(lastLoginAt),
  ]);
  const [heading = '', ...lines] = table([['NAME', 'ROLE', 'SINCE', 'LAST LOGIN'], ...rows], lineWidth(io));
  io.out([painter(io)('faint', heading), ...lines, ''].join('\n'));
  return 0;
}
