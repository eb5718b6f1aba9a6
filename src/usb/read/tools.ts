/** All tools that are at work for one stick: started here, ended together. */
import { FerrymanError } from '../../errors.ts';
import { Child, type ChildSettings, type Ended } from './child.ts';

export interface ToolSettings {
  /** The PATH in which tools are found. */
  readonly path: string;
  /** How long a tool may be silent before its key counts as stalled. */
  readonly stallMs?: number;
  /** Aborted: every tool is killed, and whoever waits is told the signal's reason. */
  readonly signal: AbortSignal;
}

export interface Said extends Ended {
  readonly output: Buffer;
}

const usualStallMs = 30_000;
/** For answers of a few lines; a tool that talks on is ended. */
const maxOutputBytes = 64 * 1024;

export class Tools {
  readonly #signal: AbortSignal;
  readonly #settings: ChildSettings;
  readonly #children = new Set<Child>();
  readonly #onAbort = (): void => this.#failAll(this.#signal.reason as Error);
  #closed: FerrymanError | undefined;

  constructor({ signal, path, stallMs = usualStallMs }: ToolSettings) {
    this.#signal = signal;
    this.#settings = { path, stallMs };
    signal.addEventListener('abort', this.#onAbort);
  }

  /** @throws the signal's reason when it is aborted; FerrymanError `usb.closed` after {@link close} */
  checkOpen(): void {
    this.#signal.throwIfAborted();
    if (this.#closed) throw this.#closed;
  }

  /** @throws as {@link checkOpen} */
  start(command: readonly string[], stdin: 'pipe' | 'ignore' = 'ignore'): Child {
    this.checkOpen();
    const child = new Child(command, this.#settings, stdin);
    this.#children.add(child);
    return child;
  }

  /** Ends a child if it has not ended, and forgets it. */
  async release(child: Child): Promise<void> {
    await child.dispose();
    this.#children.delete(child);
  }

  /**
   * Runs a tool that answers in a few lines.
   *
   * @throws FerrymanError `usb.stalled`, `usb.tool`, `usb.read` when it says too much
   */
  async run(command: readonly string[]): Promise<Said> {
    const child = this.start(command);
    try {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of child.output()) {
        bytes += chunk.length;
        if (bytes > maxOutputBytes)
          throw new FerrymanError(
            'usb.read',
            `${command.join(' ')}: expected a short answer, found a long one`,
          );
        chunks.push(chunk);
      }
      return { ...(await child.finish()), output: Buffer.concat(chunks) };
    } finally {
      await this.release(child);
    }
  }

  /** Ends everything. Returns within seconds even when a tool hangs in the kernel. May be called again. */
  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#closed ??= new FerrymanError('usb.closed', 'expected a key that is being read, found it closed');
    this.#failAll(this.#closed);
    await Promise.all([...this.#children].map((child) => this.release(child)));
  }

  #failAll(error: Error): void {
    for (const child of this.#children) child.fail(error);
  }
}
