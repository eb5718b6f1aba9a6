import { setTimeout as sleep } from 'node:timers/promises';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import type { Context } from '../controller/context.ts';
import { passOnce } from '../controller/controller.ts';
import { runDaemon } from '../controller/daemon.ts';
import { FerrymanError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { eventLine, openSession, type Session } from './controller-context.ts';
import { layoutOf } from './options.ts';

/** Milliseconds between two tries to begin on a full disk. */
const patienceMs = 5000;

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const once = flag(input, 'once');
  const session = once ? openNow(layout, io) : await openPatiently(layout, io);
  if (io.stop.aborted) return 0;
  if (!session)
    throw new FerrymanError(
      'lock.held',
      `${layout.lockFile}: expected to be alone in this root, found another ferryman at work`,
    );
  try {
    if (once) await passOnce(session.context, io.stop);
    else await work(session.context, io);
    if (io.stop.aborted) io.err(farewell(session.context));
    return 0;
  } finally {
    session.close();
  }
}

function openNow(layout: Layout, io: Io): Session | undefined {
  return openSession(layout, io, (event) => io.err(eventLine(event)));
}

/** A daemon does not give up on a full disk: it says so and waits for room. */
async function openPatiently(layout: Layout, io: Io): Promise<Session | undefined> {
  while (!io.stop.aborted) {
    try {
      return openNow(layout, io);
    } catch (error) {
      if (!(error instanceof FerrymanError) || error.code !== 'ledger.disk-full') throw error;
      io.err(`error: ${error.message} [${error.code}]\n  hint: ${error.hint}\n`);
      await sleep(patienceMs, undefined, { signal: io.stop }).catch(() => undefined);
    }
  }
  return undefined;
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
