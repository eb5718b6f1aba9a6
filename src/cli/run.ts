import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import type { Context } from '../controller/context.ts';
import { Controller } from '../controller/controller.ts';
import { runDaemon } from '../controller/daemon.ts';
import { FerrymanError } from '../errors.ts';
import { eventLine, openSession } from './controller-context.ts';
import { layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const session = openSession(layout, io, (event) => io.err(eventLine(event)));
  if (!session)
    throw new FerrymanError(
      'lock.held',
      `${layout.lockFile}: expected to be alone in this root, found another ferryman at work`,
    );
  try {
    if (flag(input, 'once')) await new Controller(session.context).pass(io.stop);
    else await work(session.context, io);
    if (io.stop.aborted) io.err(farewell(session.context));
    return 0;
  } finally {
    session.close();
  }
}

async function work(context: Context, io: Io): Promise<void> {
  const { channels, node } = context.config;
  io.err(
    `ferryman: at work for ${node.role} ${node.guid}\n  backhaul: ${channels.backhaul}\n  usb: ${channels.usb}\n  flood: ${context.layout.relayUpdates}\n`,
  );
  await runDaemon(context, io.stop);
}

function farewell({ ledger }: Context): string {
  const open = ledger.runs.open();
  const sequence = open && ledger.updates.find(open.digest)?.sequence;
  return open
    ? `ferryman: stopped; update ${sequence ?? '?'} goes on and is recorded at the next start\n`
    : 'ferryman: stopped\n';
}
