/**
 * Starts one update: prove it again, unpack, make the start durable, let the runner go.
 *
 * The order of the durable steps is the promise "at most one start without a recorded exit":
 *   1. `starting` is in the ledger   2. the runner waits   3. `running` is in the ledger with the runner's identity
 *   4. go   5. the runner writes `started` and syncs it   6. the script begins
 */
import { join } from 'node:path';
import { FerrymanError } from '../errors.ts';
import type { RunRow } from '../ledger/rows.ts';
import { scriptEnvironment } from '../run/environment.ts';
import {
  makeRunFolder,
  prepareRunner,
  removeRunFolder,
  runFolder,
  type RunFolder,
} from '../run/run-folder.ts';
import type { RunnerOrder } from '../run/runner/order.ts';
import { startRunner, type WaitingRunner } from '../run/start-runner.ts';
import { withUpdate } from '../store/relay-store.ts';
import type { VerifiedFile } from '../store/verified-file.ts';
import { unpack } from '../unpack/unpack.ts';
import type { Trust } from '../verify/trust.ts';
import type { Context } from './context.ts';
import type { PlannedUpdate } from './plan-updates.ts';

/** A run that the ledger calls open: to be settled. */
export interface StartedRun {
  readonly run: RunRow;
  /** Settles when its runner may have ended. */
  readonly hint: Promise<void>;
  /** Why the runner did not start, or may not go: the script never begins. */
  readonly problem?: string;
}

/**
 * @returns `undefined` when `signal` says to leave it to the next start, before anything began
 * @throws FerrymanError verdict `reject`: the contents are not as the manifest says; `retry`: nothing was started
 */
export async function startUpdate(
  context: Context,
  trust: Trust,
  update: PlannedUpdate,
  signal: AbortSignal,
): Promise<StartedRun | undefined> {
  const { layout, ledger, host, tell } = context;
  const { digest, terms } = update;
  const number = ledger.runs.next(digest);
  const folder = runFolder(layout.runs, digest, number);
  const nonce = host.randomHex(16);
  const attempt = update.attempts + 1;
  context.progress(`update ${terms.sequence}: verifying and unpacking`);
  const order = makeOrder(context, update, folder, { nonce, attempt });
  await withUpdate(layout, digest, trust, (file) => makeReady(file, folder, order));

  if (signal.aborted) {
    removeRunFolder(folder);
    return undefined;
  }
  const run = beginRun(context, digest, { run: number, attempt, nonce });
  tell({
    level: 'info',
    subject: `update ${terms.sequence}`,
    text: `running ${terms.script.path}, attempt ${attempt}, for at most ${terms.script.timeoutSeconds} s`,
    digest,
  });
  const launched = await launch(context, folder, run, update);
  return { ...launched, run: ledger.runs.open() ?? run };
}

async function makeReady(file: VerifiedFile, folder: RunFolder, order: RunnerOrder): Promise<void> {
  try {
    makeRunFolder(folder);
    await unpack(file, folder.tree);
    prepareRunner(folder, order);
  } catch (error) {
    removeRunFolder(folder); // nothing stays of an update that does not unpack exactly
    throw error;
  }
}

/** What the runner is told: script, environment, deadline. */
function makeOrder(
  { layout, config, programs }: Context,
  { digest, terms, channel }: PlannedUpdate,
  folder: RunFolder,
  { nonce, attempt }: { readonly nonce: string; readonly attempt: number },
): RunnerOrder {
  const stateFolder = join(layout.scriptState, digest.slice(0, 16));
  const { sequence, script } = terms;
  const { root } = layout;
  const context = { root, node: config.node.guid, sequence, attempt, channel, nonce, stateFolder, programs };
  return {
    nonce,
    script: script.path,
    workingDirectory: folder.tree,
    stateFolder,
    environment: scriptEnvironment(context, folder),
    statusFile: folder.statusFile,
    output: folder.output,
    timeoutMs: script.timeoutSeconds * 1000,
    stopMs: config.run.stopSeconds * 1000,
  };
}

function beginRun(
  { ledger, host }: Context,
  digest: string,
  begin: Pick<RunRow, 'run' | 'attempt' | 'nonce'>,
): RunRow {
  const at = host.now();
  return ledger.transaction(() => {
    ledger.updates.setAttempt(digest, begin.attempt, at);
    ledger.updates.setState(digest, 'starting', `attempt ${begin.attempt}`, at);
    return ledger.runs.begin(digest, { ...begin, at });
  });
}

/** A runner that does not start, or may not go because the ledger cannot take it, is a problem to tell: the script never begins. */
async function launch(
  { ledger, host, runner: program, tell }: Context,
  folder: RunFolder,
  run: RunRow,
  { digest, terms }: PlannedUpdate,
): Promise<Omit<StartedRun, 'run'>> {
  let runner: WaitingRunner | undefined;
  try {
    runner = await startRunner(program, folder.orderFile, run.nonce);
    const { identity } = runner;
    ledger.transaction(() => {
      ledger.runs.setRunner(run, identity);
      ledger.updates.setState(digest, 'running', `attempt ${run.attempt}`, host.now());
    });
    runner.go();
    return { hint: runner.ended };
  } catch (error) {
    await runner?.dismiss();
    if (!(error instanceof FerrymanError)) throw error;
    tell({
      level: 'error',
      subject: `update ${terms.sequence}`,
      text: `not started: ${error.message} [${error.code}]`,
      digest,
    });
    return { hint: Promise.resolve(), problem: error.message };
  }
}
