/** What a visit has come to, by the states of the updates that it brought: shown once the key may be pulled. Pure. */
import { counted } from '../command-line/counted.ts';
import type { ErrorCode } from '../errors.ts';
import type { UpdateRow } from '../ledger/rows.ts';
import { standingOf } from './report/key-report.ts';
import type { Notice } from '../ledger/notices.ts';
import { anythingElse, phoneCodeOf, phoneCodeOfState, phoneCodes } from './show/codes.ts';
import type { Phase } from './show/phase.ts';

/** States in which something still goes on by itself, and soon. */
const underWay: ReadonlySet<string> = new Set(['received', 'verified', 'starting', 'running']);

/** Files of a key that are no updates, or not known to be. */
export interface OtherFiles {
  /** Copied, and nobody has looked at them yet. */
  readonly unread: number;
  /** They did not prove to be the office's. */
  readonly refused: number;
  /** Rosters and the like that were looked at. */
  readonly notices: readonly Notice[];
}

/** @param updates that the key has brought */
export function outcomePhase(updates: readonly UpdateRow[], { unread, refused, notices }: OtherFiles): Phase {
  const running = updates.find(({ state }) => state === 'running' || state === 'starting');
  if (running) return { kind: 'running', text: `Update ${nameOf(running)} is running.` };
  const inQueue = updates.filter(({ state }) => underWay.has(state)).length + unread;
  if (inQueue > 0)
    return { kind: 'safe', text: `${counted(inQueue, 'update')} copied. You may pull the key out.` };
  const failed = updates.find(({ state }) => standingOf({ state }) === 'bad');
  if (failed)
    return {
      kind: 'failed',
      text: `Update ${nameOf(failed)}: ${failed.reason}.`,
      code: phoneCodeOfState(failed.state) ?? '',
    };
  if (refused > 0) return { kind: 'failed', text: 'A file on the key is not from our office.', code: 'U41' };
  const waiting = updates.filter(({ state }) => state === 'waiting' || state === 'deferred').length;
  if (waiting > 0) return { kind: 'done', text: `${counted(waiting, 'update')} will run later, by itself.` };
  if (notices.some(({ isTaken }) => !isTaken))
    return { kind: 'failed', text: phoneCodes[anythingElse].means, code: anythingElse };
  if (updates.length === 0 && notices.length > 0) return { kind: 'done', text: 'All is done.' };
  if (updates.length === 0) return { kind: 'done', text: 'There was nothing new on this key.' };
  return { kind: 'done', text: `All is done: ${counted(updates.length, 'update')}.` };
}

/** What is shown of an error. */
export function failedPhase(error: ErrorCode): Phase {
  const code = phoneCodeOf(error);
  return { kind: 'failed', text: phoneCodes[code].means, code };
}

/** True when nothing more happens by itself before the next visit. */
export function isAtRest({ kind }: Phase): boolean {
  return kind === 'done' || kind === 'failed';
}

function nameOf({ sequence, title }: UpdateRow): string {
  return sequence === null ? 'without number' : `${sequence} "${title}"`;
}
