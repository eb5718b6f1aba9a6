/** Starts a runner that waits, and lets it go once the ledger knows of it. */
import { execa } from 'execa';
import { FerrymanError } from '../errors.ts';
import { identifyProcess, type ProcessIdentity } from '../host/process-identity.ts';
import { goLine } from './runner/order.ts';

/** How runners are started; given by main.ts. */
export interface RunnerProgram {
  /** The Node executable, or the single executable, which has the runner inside. */
  readonly interpreter: string;
  /** The bundled runner; none for the single executable. */
  readonly file?: string;
  /** What the process is called (argv[0]) where that is not the interpreter: the single executable goes by it. */
  readonly name?: string;
}

export interface WaitingRunner {
  readonly identity: ProcessIdentity;
  /** Lets the script begin. */
  go(): void;
  /** Ends the runner without having begun; settles when it has ended. */
  dismiss(): Promise<void>;
  /** Settles when the runner has ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts a detached runner in a session of its own; it waits on a pipe. Should this process die before {@link
 * WaitingRunner.go}, the pipe closes and the runner ends without starting the script.
 *
 * @throws FerrymanError `run.not-started`
 */
export async function startRunner(
  program: RunnerProgram,
  orderFile: string,
  nonce: string,
): Promise<WaitingRunner> {
  const { interpreter, file, name } = program;
  const runner = execa(interpreter, file === undefined ? [orderFile] : [file, orderFile], {
    ...(name === undefined ? {} : { argv0: name }),
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    cwd: '/',
    env: { FERRYMAN_NONCE: nonce },
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  });
  runner.stdin.on('error', () => undefined); // EPIPE: the runner is gone; its status file tells the rest
  const ended = runner.then(() => undefined);
  const identity = runner.pid === undefined ? undefined : identifyProcess(runner.pid);
  if (!identity) {
    const { originalMessage: message } = await runner;
    throw new FerrymanError(
      'run.not-started',
      `${file ?? interpreter}: expected the runner to start, it ended at once${message ? `: ${message}` : ''}`,
    );
  }
  runner.unref();
  return {
    identity,
    go: () => void runner.stdin.end(goLine),
    dismiss: () => {
      runner.ref(); // it is waited for now, and nothing else may keep this process alive
      runner.stdin.end();
      return ended;
    },
    ended,
  };
}
