/** Runs a campaign in a thread of its own, and ends it when one input takes too long or too much memory. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Finding, Plan, Result } from './campaign.ts';
import { maxInputBytes } from './target.ts';
import { windowHead, type Order } from './worker.ts';

/** Milliseconds after which an input counts as one that never ends. All others take thousandths of it. */
const hangMs = 20_000;
const maxHeapMegabytes = 512;

/** @param folder where the bundled worker stands */
export async function supervise(target: string, plan: Plan, folder: string): Promise<Result> {
  const window = new SharedArrayBuffer(windowHead + maxInputBytes);
  const worker = new Worker(pathToFileURL(join(folder, 'worker.js')), {
    workerData: { target, plan, window } satisfies Order,
    execArgv: ['--enable-source-maps'],
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes },
  });
  const watch = new Watch(window);
  try {
    return await new Promise<Result>((resolve) => {
      worker.once('message', (result: Result) => resolve(asBuffers(result)));
      worker.once('error', (error) => resolve(watch.endedBy(String(error))));
      watch.start(() => resolve(watch.endedBy(`no end after ${hangMs / 1000} s`)));
    });
  } finally {
    watch.stop();
    await worker.terminate();
  }
}

/** What comes from another thread are plain byte arrays. */
function asBuffers(result: Result): Result {
  return {
    ...result,
    findings: result.findings.map((finding) => ({ ...finding, input: Buffer.from(finding.input) })),
    worthKeeping: result.worthKeeping.map((input) => Buffer.from(input)),
  };
}

/** Looks into the window whether the inputs go on. */
class Watch {
  readonly #window: SharedArrayBuffer;
  #timer: NodeJS.Timeout | undefined;

  constructor(window: SharedArrayBuffer) {
    this.#window = window;
  }

  start(onHang: () => void): void {
    let last = -1;
    this.#timer = setInterval(() => {
      const now = this.#count();
      if (now === last) onHang();
      last = now;
    }, hangMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The result of a run that the input in the window ended. */
  endedBy(message: string): Result {
    const [, length = 0] = new Int32Array(this.#window, 0, 2);
    const input = Buffer.from(Buffer.from(this.#window, windowHead, length));
    const finding: Finding = { input, message };
    return { tried: this.#count(), blocks: 0, findings: [finding], worthKeeping: [] };
  }

  #count(): number {
    return Atomics.load(new Int32Array(this.#window, 0, 1), 0);
  }
}
