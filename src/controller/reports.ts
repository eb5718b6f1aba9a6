/** What happens after a run is recorded: its logs are kept, short logs are handed out, a wished reboot is made. */
import { execa } from 'execa';
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
    onTaken: ({ sink, sequence }) =>
      tell({ level: 'debug', subject: 'short log', text: `of update ${sequence ?? '?'}: taken by ${sink}` }),
    onProblem: ({ message, code }) =>
      tell({ level: 'warning', subject: 'short log', text: `${message} [${code}]` }),
  });
}

/** Seconds that a machine is given to go down, once it was told to. */
const rebootSeconds = 600;

/** A script that succeeded asked for a reboot: the wish is taken back first, so that it is carried out at most once. */
export async function rebootIfWanted({ ledger, config, host, tell }: Context): Promise<void> {
  if (ledger.fact('reboot-wanted') === undefined) return;
  ledger.transaction(() => {
    ledger.clearFact('reboot-wanted');
    ledger.setFact('rebooting', `${host.bootId} ${host.uptimeSeconds() + rebootSeconds}`);
  });
  const [program = '', ...rest] = config.run.rebootCommand;
  tell({
    level: 'info',
    subject: 'reboot',
    text: `an update asked for it: ${config.run.rebootCommand.join(' ')}`,
  });
  const { failed, shortMessage = '' } = await execa(program, rest, {
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  if (!failed) return;
  ledger.clearFact('rebooting');
  tell({ level: 'error', subject: 'reboot', text: shortMessage });
}

/** True while the machine goes down: a script that was started now would be cut off. */
export function isRebooting({ ledger, host }: Context): boolean {
  const [bootId, untilSeconds] = (ledger.fact('rebooting') ?? '').split(' ');
  return bootId === host.bootId && host.uptimeSeconds() < Number(untilSeconds);
}
