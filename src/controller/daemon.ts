/** The daemon: pass after pass, woken by changes in the channels' folders or by the clock, until it is told to stop. */
import type { Context } from './context.ts';
import { Controller } from './controller.ts';
import { FolderWatches, waitForNews } from './news.ts';
import { tellProblem } from './tell-problem.ts';

/** @returns when `signal` is aborted; a script that runs goes on and is picked up at the next start */
export async function runDaemon(context: Context, signal: AbortSignal): Promise<void> {
  const controller = new Controller(context);
  const { config, layout, tell } = context;
  // Keys that are put in or taken out by hand, and a changed threshold, count at once too.
  const folders = [
    layout.inbox,
    layout.keys,
    layout.etc,
    ...controller.channels.map((channel) => channel.folder),
  ];
  const watches = new FolderWatches(folders);
  try {
    while (!signal.aborted) {
      // Before the pass: a change that comes during it starts the next one at once.
      const seen = watches.look();
      try {
        await controller.pass(signal, watches);
      } catch (error) {
        tellProblem(tell, error);
      }
      await waitForNews(watches, seen, config.channels.rescanSeconds * 1000, signal);
    }
  } finally {
    watches.close();
    await controller.finish(0);
  }
}
