import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { caKeyLine, makeOfficeCa } from '../enrol/office-ca.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [folder = ''] = input.args;
  await makeOfficeCa(folder, flag(input, 'encrypt'));
  io.out(
    [
      `${folder} holds the ssh CA of the office`,
      `  ${folder}/ca        its secret key: who has it can make a node of anything. Keep it off line, with a copy elsewhere`,
      `  ${folder}/ca.pub    ${caKeyLine(folder)}`,
      `  ${folder}/serials/  whom each serial was given to: copy it with every enrolment, since no serial may be given twice`,
      '',
    ].join('\n'),
  );
  return 0;
}
