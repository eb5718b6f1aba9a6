/** Where short logs go. A sink takes a text for good or throws; the outbox keeps what was not taken. */
import { FerrymanError } from '../../errors.ts';
import type { OutboxRow } from '../../ledger/rows.ts';
import { printable } from '../../parcel/printable.ts';

/** What a sink is given: whose outcome it is, and the words. */
export type ShortLog = Pick<OutboxRow, 'id' | 'digest' | 'sequence' | 'state' | 'text' | 'createdAt'>;

export interface ShortLogSink {
  readonly name: string;
  /**
   * Hands over one text. After a crash it may be given the same one again.
   *
   * @param signal aborted: ferryman stops; give up at once
   * @returns a note, when it is taken and yet not passed on in full
   * @throws FerrymanError `report.failed`
   */
  send(message: ShortLog, signal: AbortSignal): Promise<void> | Promise<string | undefined>;
  /** Sees to what was taken before; called at least every `channels.rescanSeconds`, also when nothing waits. Quick. */
  tend?(): void;
}

/** The same for every try of a text, and for no other text: lets a receiver drop what it has already. */
export function messageId(guid: string, { id, digest }: ShortLog): string {
  return `${guid}.${digest.slice(0, 16)}.${id}`;
}

/** @param what was tried and on whom, without secrets. @param problem in the words of whoever refused: made harmless here */
export function failedToSend(what: string, problem: string, cause?: unknown): FerrymanError {
  const [line = ''] = problem.trim().split('\n', 1);
  return new FerrymanError('report.failed', printable(`${what}: ${line}`).slice(0, 300), { cause });
}
