import { lineWidth, wrap } from '../command-line/columns.ts';
import { text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { writeDurably } from '../durable/write-file.ts';
import { makeRequest } from '../enrol/make-request.ts';
import { loadConfig } from '../node/config.ts';
import { spokenFingerprint } from '../parcel/fingerprint.ts';
import { verifyRequest } from '../verify/enrolment-request.ts';
import { layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const output = text(input, 'output') ?? '-';
  const line = await makeRequest(layout, loadConfig(layout).node, Date.now());
  if (output === '-') {
    io.out(line);
    return 0;
  }
  writeDurably(output, line, { mode: 0o644, existing: 'refuse' });
  const { node, role, identity } = verifyRequest(line);
  const lines = [
    `${output}: request of ${role} ${node}`,
    `  fingerprint ${spokenFingerprint(identity)}: the office compares it before it signs`,
  ];
  const columns = lineWidth(io);
  io.out(lines.flatMap((one) => wrap(one, columns, '    ')).join('\n') + '\n');
  return 0;
}
