/**
 * The status file of a run: how the runner tells, through crashes, full disks and its own death, what became of the script.
 *
 *   ┌─── slot 0, 4096 bytes: "started" ───┬─── slot 1, 4096 bytes: "ended" ───┐
 *   │ sha256 hex ␠ json ⏎ zeros …          │ the same                          │
 *   └──────────────────────────────────────┴───────────────────────────────────┘
 *
 * Preallocated with zeros and fsynced before the run, then overwritten in place: temp and rename would need room that a
 * full disk does not have. Each slot is written once and fsynced, so a torn write spoils its own slot only.
 *
 * - whole, and all zeros: the script has not begun (slot 0 is written and synced before the fork).
 * - not all zeros, slot 1 not valid: it may have begun; how it ended is not known.
 * - slot 1 valid: it ended, and how; or that it could not be started after all.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { readSideFile } from './side-file.ts';

const slotBytes = 4096;
/** Bytes of a status file; preallocate so many zeros. */
export const statusFileBytes = 2 * slotBytes;

/** How a script ended, as its runner saw it. */
export interface ScriptEnd {
  /** `null` when a signal ended it. */
  readonly exitStatus: number | null;
  readonly signal: string | null;
  /** The deadline passed and the runner stopped the script. */
  readonly timedOut: boolean;
  /** The runner was asked to stop while the script ran: the machine was shutting down. */
  readonly shutdown: boolean;
  /** From the monotonic clock. */
  readonly durationMs: number;
  /** What the script was given. */
  readonly timeoutMs: number;
}

export type RunStatus =
  | { readonly kind: 'not-started' }
  | { readonly kind: 'started' }
  | { readonly kind: 'ended'; readonly end: ScriptEnd }
  /** The system refused to start it, after "started" was written. */
  | { readonly kind: 'not-begun'; readonly problem: string };

/** Written by the runner, before the fork. */
export function writeStarted(file: string, nonce: string): void {
  writeSlot(file, 0, { nonce });
}

/** Written by the runner, after the script has ended. */
export function writeEnded(file: string, nonce: string, end: ScriptEnd): void {
  writeSlot(file, 1, { nonce, ...end });
}

/** Written by the runner instead, when the system could not start the script: it is proven that nothing of it ran. */
export function writeNotBegun(file: string, nonce: string, problem: string): void {
  writeSlot(file, 1, { nonce, began: false, problem: problem.slice(0, 1000) });
}

function writeSlot(file: string, slot: 0 | 1, content: object): void {
  const json = JSON.stringify(content);
  const bytes = Buffer.alloc(slotBytes);
  bytes.write(`${sha256(json)} ${json}\n`);
  const fd = openSync(file, constants.O_WRONLY);
  try {
    writeSync(fd, bytes, 0, slotBytes, slot * slotBytes);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads the status file of a run that the ledger knows. It was whole and durable before the ledger's row, so one that is
 * missing or cut was spoiled since (by the script, or by hand) and proves nothing: the script may have begun.
 */
export function readStatus(file: string, nonce: string): RunStatus {
  const bytes = readSideFile(file, 'first', statusFileBytes)?.bytes ?? Buffer.alloc(0);
  const end = readSlot(bytes.subarray(slotBytes), nonce);
  if (isNotBegun(end)) return { kind: 'not-begun', problem: end.problem };
  if (isScriptEnd(end)) return { kind: 'ended', end };
  const untouched = bytes.equals(Buffer.alloc(statusFileBytes));
  return { kind: untouched ? 'not-started' : 'started' };
}

/** A hash proves that a slot is whole, not who wrote it: a script that runs as root can write any. */
function readSlot(slot: Buffer, nonce: string): unknown {
  const [line = ''] = slot.toString('utf8').split('\n', 1);
  const hash = line.slice(0, 64);
  const json = line.slice(65);
  if (hash === '' || sha256(json) !== hash) return undefined;
  try {
    const content: unknown = JSON.parse(json);
    return isObject(content) && content['nonce'] === nonce ? content : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isNotBegun(content: unknown): content is { readonly problem: string } {
  return isObject(content) && content['began'] === false && typeof content['problem'] === 'string';
}

function isScriptEnd(content: unknown): content is ScriptEnd {
  if (!isObject(content)) return false;
  const { exitStatus, signal, timedOut, shutdown, durationMs, timeoutMs } = content;
  return (
    (exitStatus === null || Number.isSafeInteger(exitStatus)) &&
    (signal === null || (typeof signal === 'string' && /^SIG[A-Z0-9]{1,12}$/.test(signal))) &&
    typeof timedOut === 'boolean' &&
    typeof shutdown === 'boolean' &&
    Number.isFinite(durationMs) &&
    Number.isFinite(timeoutMs)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
