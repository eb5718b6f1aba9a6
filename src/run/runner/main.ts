/**
 * The runner: a small process of its own between the controller and an update's script. It is loaded whole before the
 * script begins and imports nothing later, so that the script may stop, replace or upgrade the controller.
 *
 * Called as `runner.js ORDER-FILE` in a session of its own; waits for `go` on stdin. Handles signals, never ignores them
 * (ignoring is inherited). Spec: docs/scripts.md.
 */
import { readFileSync } from 'node:fs';
import { writeEnded, writeNotBegun, writeStarted } from '../status-file.ts';
import { closeInherited } from './inherited.ts';
import { goLine, type RunnerOrder } from './order.ts';
import { runScript } from './script.ts';

async function main(orderFile: string): Promise<void> {
  closeInherited();
  const order = JSON.parse(readFileSync(orderFile, 'utf8')) as RunnerOrder;
  let shutdown = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      shutdown = true;
    });
  }
  process.umask(0o022);
  if (!(await isToldToGo()) || shutdown) return;

  writeStarted(order.statusFile, order.nonce);
  const end = await runScript(order);
  if (end instanceof Error) writeNotBegun(order.statusFile, order.nonce, end.message);
  else writeEnded(order.statusFile, order.nonce, { ...end, shutdown });
}

/** True for `go`; false when the controller is gone before it said so. */
async function isToldToGo(): Promise<boolean> {
  let heard = '';
  for await (const chunk of process.stdin) {
    heard += String(chunk);
    if (heard === goLine) return true;
  }
  return false;
}

// No await at the top level: this file is also part of the single executable, which is a CommonJS program.
void main(process.argv[2] ?? '').then(() => process.exit(0));
