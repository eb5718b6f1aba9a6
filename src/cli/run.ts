import { setTimeout as sleep } from 'node:timers/promises';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { version } from '../command-line/version.ts';
import type { Context, ControllerEvent } from '../controller/context.ts';
import { passOnce } from '../controller/controller.ts';
import { runDaemon } from '../controller/daemon.ts';
import { FerrymanError } from '../errors.ts';
import { loadConfig } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import { eventLine, openSession, type Session } from './controller-context.ts';
import { daemonLog } from './daemon-log.ts';
import { layoutOf } from './options.ts';

/** Milliseconds between two tries to begin on a full disk. */
const patienceMs = 5000;

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  return flag(input, 'once') ? runOnce(layout, io) : runOn(layout, io);
}

async function runOnce(layout: Layout, io: Io): Promise<number> {
  const session = openSession(layout, io, (event) => io.err(eventLine(event)));
  if (!session) throw lockHeld(layout);
  try {
    await passOnce(session.context, io.stop);
    if (io.stop.aborted) io.err(`ferryman: ${farewell(session.context)}\n`);
    return 0;
  } finally {
    session.close();
  }
}

async function runOn(layout: Layout, io: Io): Promise<number> {
  const tell = daemonLog(loadConfig(layout).log, io);
  const session = await openPatiently(layout, io, tell);
  if (io.stop.aborted) return 0;
  if (!session) throw lockHeld(layout);
  try {
    tell({ level: 'info', subject: 'ferryman', text: greeting(session.context) });
    await runDaemon(session.context, io.stop);
    tell({ level: 'info', subject: 'ferryman', text: farewell(session.context) });
    return 0;
  } finally {
    session.close();
  }
}

/** A daemon does not give up on a full disk: it says so and waits for room. */
async function openPatiently(
  layout: Layout,
  io: Io,
  tell: (event: ControllerEvent) => void,
): Promise<Session | undefined> {
  while (!io.stop.aborted) {
    try {
      return openSession(layout, io, tell);
    } catch (error) {
      if (!(error instanceof FerrymanError) || error.code !== 'ledger.disk-full') throw error;
      tell({
        level: 'error',
        subject: 'ferryman',
        text: `${error.message} [${error.code}]\nhint: ${error.hint}`,
      });
      await sleep(patienceMs, undefined, { signal: io.stop }).catch(() => undefined);
    }
  }
  return undefined;
}

function lockHeld(layout: Layout): FerrymanError {
  return new FerrymanError(
    'lock.held',
    `${layout.lockFile}: expected to be alone in this root, found another ferryman at work`,
  );
}

function greeting({ config: { channels, node }, layout }: Context): string {
  return [
    `${version} at work for ${node.role} ${node.guid}`,
    `backhaul ${channels.backhaul}`,
    `usb ${channels.usb}`,
    `flood ${layout.relayUpdates}`,
  ].join('\n');
}

function farewell({ ledger }: Context): string {
  const open = ledger.runs.open();
  const sequence = open && ledger.updates.find(open.digest)?.sequence;
  return open ? `stopped; update ${sequence ?? '?'} goes on and is recorded at the next start` : 'stopped';
}
