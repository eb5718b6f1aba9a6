import { setTimeout as sleep } from 'node:timers/promises';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import type { Context, ControllerEvent } from '../controller/context.ts';
import { runDaemon } from '../controller/daemon.ts';
import { reportConfig } from '../controller/config-problem.ts';
import { introduceVersion, proveVersion } from '../controller/own-version.ts';
import { singlePass } from '../controller/single-pass.ts';
import { FerrymanError } from '../errors.ts';
import { configAtWork } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import { ServiceNotifier } from '../service/notifier.ts';
import { eventLine, openSession, type Session } from './controller-context.ts';
import { daemonLog } from './daemon-log.ts';
import { layoutOf } from './options.ts';

/** Milliseconds between two tries to begin on a full disk. */
const patienceMs = 5000;

export function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  return flag(input, 'once') ? runOnce(layout, io) : runService(layout, io);
}

async function runOnce(layout: Layout, io: Io): Promise<number> {
  const session = openSession(layout, io, {
    tell: (event) => {
      if (event.level !== 'debug') io.err(eventLine(event));
    },
  });
  if (!session) throw lockHeld(layout);
  try {
    reportConfig(session.context, session.configProblem);
    await singlePass(session.context, io.stop);
    if (io.stop.aborted) io.err(`ferryman: ${farewell(session.context)}\n`);
    return 0;
  } finally {
    session.close();
  }
}

async function runService(layout: Layout, io: Io): Promise<number> {
  const tell = daemonLog(configAtWork(layout).config.log, io);
  const notifier = new ServiceNotifier(io.env, io.program.pid, (text) => tell(about('warning', text)));
  io.stop.addEventListener('abort', () => void notifier.stopping());
  const session = await openPatiently(layout, io, { tell, notifier });
  if (!session) return 0;
  try {
    await work(session, io, notifier);
    tell(about('info', farewell(session.context)));
    return 0;
  } finally {
    session.close();
  }
}

/** An event about this program itself. */
function about(level: ControllerEvent['level'], text: string): ControllerEvent {
  return { level, subject: 'ferryman', text };
}

interface Surroundings {
  readonly tell: Context['tell'];
  readonly notifier: ServiceNotifier;
}

/**
 * A daemon does not give up on a full disk: it says so and waits for room. Under systemd it waits for another ferryman too,
 * as for an `apply` at work: to be restarted meanwhile would help nobody, and would count against a version on trial.
 */
async function openPatiently(
  layout: Layout,
  io: Io,
  { tell, notifier }: Surroundings,
): Promise<Session | undefined> {
  const listener = { tell, progress: (doing?: string) => notifier.progress(doing) };
  for (let waited = ''; !io.stop.aborted;) {
    let obstacle;
    try {
      const session = openSession(layout, io, listener);
      if (session) return session;
      obstacle = lockHeld(layout);
      if (!notifier.isService) throw obstacle;
    } catch (error) {
      if (!(error instanceof FerrymanError) || !isPassing(error, notifier)) throw error;
      obstacle = error;
    }
    if (waited === '') await notifier.ready(); // all that systemd is asked to wait for
    if (waited !== obstacle.code)
      tell(about('error', `${obstacle.message} [${obstacle.code}]\nhint: ${obstacle.hint}`));
    waited = obstacle.code;
    notifier.progress(`waiting: ${obstacle.message}`);
    await sleep(patienceMs, undefined, { signal: io.stop }).catch(() => undefined);
  }
  return undefined;
}

function isPassing({ code }: FerrymanError, { isService }: ServiceNotifier): boolean {
  return code === 'ledger.disk-full' || (code === 'lock.held' && isService);
}

async function work({ context, configProblem }: Session, io: Io, notifier: ServiceNotifier): Promise<void> {
  await runDaemon(context, io.stop, {
    atWork: async () => {
      context.tell(about('info', greeting(context)));
      await notifier.ready();
    },
    beforePass: () => {
      introduceVersion(context);
      reportConfig(context, configProblem);
    },
    afterPass: () => proveVersion(context, io.program.folder),
  });
}

function lockHeld(layout: Layout): FerrymanError {
  return new FerrymanError(
    'lock.held',
    `${layout.lockFile}: expected to be alone in this root, found another ferryman at work`,
  );
}

function greeting({ config: { channels, node, usb }, layout, version }: Context): string {
  return [
    `${version} at work for ${node.role} ${node.guid}`,
    `backhaul ${channels.backhaul}`,
    ['usb', usb.enabled ? (usb.requirePass ? 'keys with a pass' : 'any key') : 'off', ...slotsOf(usb)].join(
      ' ',
    ),
    `flood ${layout.relayUpdates}`,
  ].join('\n');
}

/** Where one looks who wonders why nothing is noticed: a slot may stand elsewhere than its owner thinks. */
function slotsOf({ enabled, slots }: Context['config']['usb']): string[] {
  return enabled && slots.length > 0 ? [`(also in ${slots.join(', ')})`] : [];
}

function farewell({ ledger }: Context): string {
  const open = ledger.runs.open();
  const sequence = open && ledger.updates.find(open.digest)?.sequence;
  return open ? `stopped; update ${sequence ?? '?'} goes on and is recorded at the next start` : 'stopped';
}
