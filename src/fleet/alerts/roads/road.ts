/** A road for alerts. It takes a message for good or throws. */
import { FerrymanError } from '../../../errors.ts';
import { printable } from '../../../parcel/printable.ts';
import type { AlertMessage } from '../words.ts';

export interface AlertRoad {
  /** The same after a restart, with the same configuration. Shown to people: holds no secret. */
  readonly name: string;
  /** @param signal aborted: ferryman stops. @throws FerrymanError `alerts.failed` */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
}

/** Whoever does not take a message within so long is tried again later. */
export const roadTimeoutMs = 30_000;

/** @param problem in the words of whoever refused: made harmless here */
export function failedToTell(name: string, problem: string, cause?: unknown): FerrymanError {
  const [first = ''] = problem.trim().split('\n', 1);
  return new FerrymanError('alerts.failed', printable(`${name}: ${first}`).slice(0, 300), { cause });
}
