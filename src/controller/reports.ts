/** What happens after a run is recorded: its logs are kept, short logs are handed out. */
import { FerrymanError } from '../errors.ts';
import { Delivery } from '../report/delivery.ts';
import { keepLogs, logFiles } from '../report/long-log.ts';
import { removeRunFolder, runFolder } from '../run/run-folder.ts';
import type { Context } from './context.ts';

/** Copies logs that still stand in run folders only; those that do not fit now are tried again. */
export function keepAllLogs({ layout, ledger, tell }: Context): void {
  for (const run of ledger.runs.withoutLogs()) {
    const folder = runFolder(layout.runs, run.digest, run.run);
    try {
      if (run.outcome !== 'not-started')
        keepLogs(folder, logFiles(layout.log, ledger.updates.find(run.digest)?.sequence ?? null, run));
    } catch (error) {
      if (!(error instanceof FerrymanError) || error.code !== 'report.failed') throw error;
      tell({
        level: 'warning',
        subject: 'long log',
        text: `${error.message} [${error.code}]`,
        digest: run.digest,
      });
      continue;
    }
    ledger.runs.setLogsKept(run);
    removeRunFolder(folder);
  }
}

/** What hands short logs to the sinks of this node. */
export function makeDelivery({ ledger, sinks, config, host, tell }: Context): Delivery {
  const { retryFirstSeconds, retryMaxSeconds } = config.report;
  return new Delivery({
    ledger,
    sinks,
    host,
    pauses: { firstSeconds: retryFirstSeconds, maxSeconds: retryMaxSeconds },
    onTaken: ({ sink, sequence }, note) =>
      tell({
        level: note === undefined ? 'debug' : 'warning',
        subject: 'short log',
        text: `that of update ${sequence ?? '?'} was taken by ${sink}${note === undefined ? '' : `: ${note}`}`,
      }),
    onProblem: ({ message, code }) =>
      tell({ level: 'warning', subject: 'short log', text: `${message} [${code}]` }),
  });
}
