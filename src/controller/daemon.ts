/** The daemon: pass after pass, woken by changes in the channels' folders or by the clock, until it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';
import { Controller } from './controller.ts';
import { ForTheOffice } from './for-the-office.ts';
import { LogPacking } from '../logs/log-packing.ts';
import { FolderWatches, waitForNews } from './news.ts';
import { NeighbourExchange } from './neighbours.ts';
import { CurrentTrust } from './current-trust.ts';
import { PartsAtWork } from './parts-at-work.ts';
import { afterProblemMs, tellProblem } from './tell-problem.ts';
import { UsbKeys, type Machine } from './usb-keys.ts';

/** Milliseconds after which an idle daemon moves, however rarely it looks at its channels: to show that it can. */
const stirMs = 30_000;

/** What the daemon's surroundings want to hear. */
export interface DaemonListener {
  /** Everything is open and in order. Waited for: a first pass may leave no room for it. */
  readonly atWork: () => Promise<void>;
  /** A pass begins. What it throws counts as thrown by the pass. */
  readonly beforePass: () => void;
  /** A whole pass has succeeded. The same holds. */
  readonly afterPass: () => void;
}

/**
 * @param machine only a test has another one
 * @returns when `signal` is aborted; a script that runs goes on and is picked up at the next start
 * @throws FerrymanError `daemon.still-at-work`: something does not end, and is left as it stands
 */
export async function runDaemon(
  context: Context,
  signal: AbortSignal,
  listener: DaemonListener,
  machine?: Machine,
): Promise<void> {
  const trust = new CurrentTrust(context);
  const keys = context.config.usb.enabled ? new UsbKeys(context, trust, 'watch', machine) : undefined;
  const logs = new LogPacking(context);
  const forTheOffice = new ForTheOffice(context);
  const neighbours = context.config.flood.enabled ? new NeighbourExchange(context, trust) : undefined;
  const controller = new Controller(heardBy(keys, logs, context), trust);
  signal.addEventListener('abort', () => {
    keys?.stop();
    neighbours?.stop();
    logs.stop();
    forTheOffice.stop();
  });
  await listener.atWork();
  keys?.start();
  logs.start();
  neighbours?.start();
  forTheOffice.start();
  const atWork = new PartsAtWork();
  const all = async (): Promise<void> => {
    try {
      await atWork.until('updates', passes(context, controller, signal, listener));
    } finally {
      await Promise.all([
        keys && atWork.until('USB keys', keys.close()),
        neighbours && atWork.until('the exchange with neighbours', neighbours.close()),
        atWork.until('packing of logs', logs.close()),
        atWork.until('alerts and SMS', forTheOffice.close()),
      ]);
      await atWork.until('short logs', controller.finish(0));
    }
  };
  await atWork.end(all(), signal);
}

/** Pass after pass. */
async function passes(
  { config, layout, progress, tell }: Context,
  controller: Controller,
  signal: AbortSignal,
  listener: DaemonListener,
): Promise<void> {
  // Keys that are put in or taken out by hand, and a changed threshold, count at once too.
  const folders = [layout.inbox, layout.keys, layout.etc, ...controller.folders];
  const watches = new FolderWatches(folders);
  try {
    while (!signal.aborted) {
      // Before the pass: a change that comes during it starts the next one at once.
      const seen = watches.look();
      try {
        listener.beforePass();
        await controller.pass(signal, watches);
        if (!signal.aborted) listener.afterPass();
      } catch (error) {
        tellProblem(tell, error);
        await sleep(afterProblemMs, undefined, { signal }).catch(() => undefined);
      }
      progress('waiting for parcels');
      await rest({ watches, seen, progress, ms: config.channels.rescanSeconds * 1000 }, signal);
    }
  } finally {
    watches.close();
  }
}

/**
 * Whatever is told of an update may concern a key that is in, and travels home when it is final; and no script starts before all that a
 * key brings is copied.
 */
function heardBy(keys: UsbKeys | undefined, logs: LogPacking, context: Context): Context {
  return {
    ...context,
    keysAtWork: async () => {
      if (!keys) return context.keysAtWork();
      const stirring = setInterval(() => context.progress('waiting for a USB key to be copied'), stirMs);
      return keys.atWork().finally(() => clearInterval(stirring));
    },
    tell: (event) => {
      context.tell(event);
      // When what is told of stands in the ledger, and not within somebody's transaction.
      if (event.digest !== undefined || event.fileHash !== undefined) setImmediate(() => keys?.look());
      if (event.digest !== undefined && event.final) logs.soon();
    },
  };
}

interface Rest {
  readonly watches: FolderWatches;
  /** Changes that the last pass has seen. */
  readonly seen: number;
  readonly ms: number;
  readonly progress: () => void;
}

/** Waits for news or the next look; stirs meanwhile. */
async function rest({ watches, seen, ms, progress }: Rest, signal: AbortSignal): Promise<void> {
  const stirring = setInterval(() => progress(), stirMs);
  await waitForNews(watches, seen, ms, signal);
  clearInterval(stirring);
}
