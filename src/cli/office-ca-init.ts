import { labelled, lineWidth } from '../command-line/columns.ts';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { caKeyLine, makeOfficeCa } from '../enrol/office-ca.ts';
import { sshFingerprint } from '../enrol/ssh-certificate.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const [folder = ''] = input.args;
  await makeOfficeCa(folder, flag(input, 'encrypt'));
  const columns = lineWidth(io);
  const rows = [
    ['ca', 'its secret key: who has it can make a node of anything. Keep it off line, with a copy elsewhere'],
    ['ca.pub', `its public key, ${sshFingerprint(caKeyLine(folder).split(' ')[1] ?? '')}`],
    [
      'serials/',
      'whom each serial was given to: copy it with every enrolment, since no serial may be given twice',
    ],
  ] as const;
  io.out(
    [
      `${folder} holds the ssh CA of the office`,
      ...rows.flatMap(([name, about]) => labelled(`  ${name.padEnd(10)}`, about, columns)),
      '',
    ].join('\n'),
  );
  return 0;
}
