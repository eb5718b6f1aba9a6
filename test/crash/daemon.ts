/** A `ferryman run` of a test, that can be killed and tells what it has said. */
import { spawn, type ChildProcess } from 'node:child_process';
import { programFile } from './crash-node.ts';

/** How a daemon ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Daemon {
  readonly #process: ChildProcess;
  #said = '';
  readonly #ended: Promise<Ended>;

  /** Starts it; it may take a while until it is at work. */
  constructor(root: string) {
    const child = spawn(process.execPath, [programFile('ferryman'), 'run', '--root', root], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said += String(chunk);
    });
    this.#process = child;
    this.#ended = new Promise((resolve) =>
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
    );
  }

  /** Everything that it has written to standard error. */
  get said(): string {
    return this.#said;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended> {
    this.#process.kill(signal);
    return this.#ended;
  }
}
