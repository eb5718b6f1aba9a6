/** The thread in which one target is fuzzed, so that its supervisor can end an input that never ends by itself. */
import { parentPort, workerData } from 'node:worker_threads';
import { Campaign, type Plan } from './campaign.ts';
import { targets } from './targets.ts';

/** What the supervisor gives. */
export interface Order {
  readonly target: string;
  readonly plan: Plan;
  /** Input being tried: count, length, then bytes. */
  readonly window: SharedArrayBuffer;
}

/** Bytes of the window in front of the input. */
export const windowHead = 8;

if (parentPort) {
  const { target: name, plan, window } = workerData as Order;
  const [count, bytes] = [new Int32Array(window, 0, 2), Buffer.from(window, windowHead)];
  const announce = (input: Buffer): void => {
    input.copy(bytes);
    count[1] = input.length;
    Atomics.add(count, 0, 1);
  };
  const target = targets.find((one) => one.name === name);
  if (!target) throw new Error(`no target ${name}`);
  const run = { ...plan, texts: asBuffers(plan.texts), kept: asBuffers(plan.kept) };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  parentPort.postMessage(await new Campaign(target, run, announce).run());
}

/** What comes from another thread are plain byte arrays. */
function asBuffers(list: readonly Uint8Array[]): Buffer[] {
  return list.map((one) => Buffer.from(one));
}
