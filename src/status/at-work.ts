/**
 * Who is at work in a root: the holder of the lock says so in the ledger, with what names it for ever, so that nobody is
 * taken for it later. Its age is told by the kernel's clock since boot, which never jumps.
 */
import { version } from '../command-line/version.ts';
import { FerrymanError } from '../errors.ts';
import { isLocked } from '../host/lock.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from '../host/process-identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Layout } from '../node/layout.ts';

/** Ticks per second of the times in /proc: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface Worker {
  readonly pid: number;
  readonly version: string;
  /** Seconds since its process started. */
  readonly seconds: number;
}

/** Called by the holder of the lock. On a full disk it works without being named. */
export function markAtWork(ledger: Ledger, pid: number): void {
  const process = identifyProcess(pid);
  if (!process) return;
  try {
    ledger.setFact('at-work', JSON.stringify({ version, process }));
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'ledger.disk-full') throw error;
  }
}

/** The holder of the lock; `undefined` when there is none, `null` when it did not say who it is. */
export function findWorker(ledger: Ledger, layout: Layout, uptimeSeconds: number): Worker | null | undefined {
  if (!isLocked(layout.lockFile)) return undefined;
  const mark = ledger.fact('at-work');
  if (mark === undefined) return null;
  const { version: its, process } = JSON.parse(mark) as { version: string; process: ProcessIdentity };
  if (!isAlive(process)) return null;
  return { pid: process.pid, version: its, seconds: secondsSince(process, uptimeSeconds) };
}

/** Seconds that a process of this boot has lived. */
export function secondsSince({ startTicks }: ProcessIdentity, uptimeSeconds: number): number {
  return Math.max(0, uptimeSeconds - startTicks / ticksPerSecond);
}
