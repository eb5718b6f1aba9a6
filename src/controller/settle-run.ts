/**
 * Brings an open run to its end: follow it while its runner lives, judge what it left, stop what outlives it, record it,
 * keep its logs. The same whether this process started the run, or a former one that was killed, stopped or replaced.
 */
import type { RunRow, UpdateRow } from '../ledger/rows.ts';
import type { UpdateState } from '../plan/facts.ts';
import { pauseSeconds, maxDeferrals } from '../plan/pause.ts';
import { queueShortLog } from '../report/delivery.ts';
import { composeShortLog } from '../report/short-log.ts';
import { followRun } from '../run/follow.ts';
import { judge, type RunOutcome, type Verdict } from '../run/outcome.ts';
import { removeTree, runFolder, wantsReboot } from '../run/run-folder.ts';
import { stopSurvivors } from '../run/survivors.ts';
import type { Context } from './context.ts';
import { wishReboot } from './reboot.ts';

/**
 * @param hint settles when the runner may have ended
 * @param signal aborted: leave the run to the next start
 * @throws FerrymanError `run.survivors`: the queue stays blocked; `ledger.disk-full`: tried again
 */
export async function settleRun(
  context: Context,
  run: RunRow,
  hint: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { layout, config, host, ledger, progress, tell } = context;
  const folder = runFolder(layout.runs, run.digest, run.run);
  progress(`update ${ledger.updates.find(run.digest)?.sequence ?? '?'}: its script is running`);
  const status = await followRun(run, folder.statusFile, { signal, hint, progress });
  if (!status) return;
  const verdict = judge(status);
  if (verdict.outcome !== 'succeeded')
    await stopSurvivors(run.nonce, host.pid, config.run.stopSeconds * 1000);
  const update = ledger.updates.find(run.digest);
  if (!update) throw new Error(`a run of ${run.digest}, which is not in the ledger`);

  const result = conclude(update, verdict);
  const reboot = result.state === 'succeeded' && wantsReboot(folder);
  ledger.transaction(() => {
    const at = host.now();
    ledger.runs.end(run, { ...verdict, at });
    ledger.updates.setResult(run.digest, {
      ...result,
      exitStatus: verdict.exitStatus,
      signal: verdict.signal,
      at,
    });
    if (result.state === 'deferred') {
      ledger.updates.setRetry(
        run.digest,
        host.bootId,
        host.uptimeSeconds() +
          pauseSeconds(result.deferrals, {
            firstSeconds: config.run.deferFirstSeconds,
            maxSeconds: config.run.deferMaxSeconds,
          }),
      );
    }
    if (reboot) wishReboot(ledger, host.bootId);
    if (isWorthReporting(result)) {
      const { sequence, title } = update;
      const text = composeShortLog(folder.shortLog, { reason: result.reason, title });
      queueShortLog(ledger, context.sinks, {
        digest: run.digest,
        sequence,
        state: result.state,
        text,
        createdAt: at,
      });
    }
  });
  removeTree(folder);
  const level = result.state === 'succeeded' ? 'info' : 'warning';
  tell({
    level,
    subject: `update ${update.sequence}`,
    text: `${result.state}: ${result.reason}`,
    digest: run.digest,
    final: true,
  });
}

/** What the end of a run makes of its update. */
interface Result {
  readonly state: UpdateState;
  readonly reason: string;
  readonly attempts: number;
  readonly deferrals: number;
}

function conclude({ attempts, deferrals }: UpdateRow, { outcome, reason }: Verdict): Result {
  switch (outcome) {
    case 'not-started':
      return { state: 'verified', reason, attempts: attempts - 1, deferrals };
    case 'deferred':
      if (deferrals + 1 < maxDeferrals)
        return { state: 'deferred', reason, attempts: attempts - 1, deferrals: deferrals + 1 };
      return {
        state: 'failed',
        reason: `deferred ${maxDeferrals} times, which is the limit`,
        attempts: attempts - 1,
        deferrals: deferrals + 1,
      };
    default:
      return {
        state: outcome satisfies Exclude<RunOutcome, 'not-started' | 'deferred'>,
        reason,
        attempts,
        deferrals,
      };
  }
}

/** Every end is told once; of the deferrals the first. */
function isWorthReporting({ state, deferrals }: Result): boolean {
  return state !== 'verified' && (state !== 'deferred' || deferrals === 1);
}
