/**
 * Decides what becomes of a verified update on this node. Pure: takes facts, returns a decision with its reason.
 *
 * Ordering never uses the clock of the node; expiry is decided by the time floor alone. Spec: docs/format.md §8.
 */
import { isAddressed } from '../parcel/recipients.ts';
import { stateInWords, type Facts, type Progress, type UpdateTerms } from './facts.ts';

/** Why a deferred update waits; the same words from its run until it is tried again. */
export const deferredReason = 'the script asked to be tried later (exit 75)';

/** `ready`: run it now. Every other decision is also the state that the ledger records. */
export interface Decision {
  readonly state:
    | 'ready'
    | 'not-for-me'
    | 'waiting'
    | 'superseded'
    | 'expired'
    | 'refused'
    | 'deferred'
    | 'interrupted';
  /** One line for a person: why. */
  readonly reason: string;
}

/** The decision for an update that is neither running nor finished. */
export function decide(update: UpdateTerms, progress: Progress, facts: Facts): Decision {
  return (
    refuseEquivocation(update, facts) ??
    leaveToOthers(update, facts) ??
    dropWhatIsPast(update, facts) ??
    keepInterrupted(update, progress) ??
    waitForRequired(update, facts) ??
    waitForPause(progress) ?? { state: 'ready', reason: 'nothing stands against it' }
  );
}

function refuseEquivocation({ sequence }: UpdateTerms, { rivals }: Facts): Decision | undefined {
  const [rival] = rivals;
  if (!rival) return undefined;
  return {
    state: 'refused',
    reason: `sequence ${sequence} names a second content too, ${rival.digest.slice(0, 16)}: equivocation`,
  };
}

function leaveToOthers({ recipients }: UpdateTerms, { node }: Facts): Decision | undefined {
  if (isAddressed(recipients, node)) return undefined;
  return { state: 'not-for-me', reason: `addressed to ${shorten(recipients)}; kept for relay` };
}

function dropWhatIsPast(
  { sequence, expires }: UpdateTerms,
  { node, supersededBy, timeFloor }: Facts,
): Decision | undefined {
  if (sequence <= node.baseline)
    return { state: 'superseded', reason: `the image of this node holds everything up to ${node.baseline}` };
  if (supersededBy !== undefined)
    return { state: 'superseded', reason: `update ${supersededBy} supersedes it` };
  if (expires !== undefined && timeFloor !== undefined && timeFloor > expires) {
    return { state: 'expired', reason: `expired at ${expires}; the office has signed at ${timeFloor}` };
  }
  return undefined;
}

function keepInterrupted({ script }: UpdateTerms, { state, attempts }: Progress): Decision | undefined {
  if (state !== 'interrupted') return undefined;
  if (script.onInterrupt === 'report')
    return { state: 'interrupted', reason: 'its run was cut off and it does not ask to be run again' };
  if (attempts >= script.maxAttempts)
    return {
      state: 'interrupted',
      reason: `its run was cut off and all ${script.maxAttempts} attempts are used`,
    };
  return undefined;
}

function waitForRequired(
  { requires }: UpdateTerms,
  { node, required, coveredBySuccess }: Facts,
): Decision | undefined {
  for (const { first, last } of requires) {
    for (let sequence = Math.max(first, node.baseline + 1); sequence <= last; sequence++) {
      const known = required.filter((update) => update.sequence === sequence);
      if (coveredBySuccess.has(sequence) || known.some((update) => update.state === 'succeeded')) continue;
      const standing = known.map((update) => stateInWords(update.state)).join(', ') || 'has not arrived';
      return {
        state: 'waiting',
        reason: `requires ${sequence}, which ${standing}`,
      };
    }
  }
  return undefined;
}

function waitForPause({ state, reason, retryInSeconds }: Progress): Decision | undefined {
  if (retryInSeconds <= 0) return undefined;
  if (state === 'deferred') return { state, reason: deferredReason };
  if (state === 'waiting') return { state, reason }; // it could not be started
  return undefined;
}

function shorten(recipients: readonly string[]): string {
  return recipients.length <= 3
    ? recipients.join(', ')
    : `${recipients.slice(0, 2).join(', ')} and ${recipients.length - 2} more`;
}
