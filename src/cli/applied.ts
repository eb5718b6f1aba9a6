import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { layoutOf, sequenceOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

const unreadable = 2;

export function run(input: Input, io: Io): number {
  const sequence = sequenceOf(input);
  try {
    const rows = withLedger(layoutOf(input, io), (ledger) => ledger.updates.bySequence(sequence));
    const succeeded = rows.some((row) => row.state === 'succeeded');
    io.out(succeeded ? 'yes\n' : 'no\n');
    return succeeded ? 0 : 1;
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    io.err(`ferryman: ${error.message} [${error.code}]\n  hint: ${error.hint}\n`);
    return unreadable;
  }
}
