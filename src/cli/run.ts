import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { Controller } from '../controller/controller.ts';
import { runDaemon } from '../controller/daemon.ts';
import { FerrymanError } from '../errors.ts';
import { openSession } from './controller-context.ts';
import { layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const session = openSession(layout, io);
  if (!session)
    throw new FerrymanError(
      'lock.held',
      `${layout.lockFile}: expected to be alone in this root, found another ferryman at work`,
    );
  try {
    if (flag(input, 'once')) {
      await new Controller(session.context).pass(io.stop);
    } else {
      io.err(`ferryman: at work in ${layout.root}\n`);
      await runDaemon(session.context, io.stop);
    }
    return 0;
  } finally {
    session.close();
  }
}
