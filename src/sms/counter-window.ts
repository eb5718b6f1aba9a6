/**
 * Which counters of a node were seen: the highest, and which of the 256 below it. Texts may come out of order, each counts once; one that is
 * older than the window is not believed, since nobody remembers it. Pure.
 */

/** Counters below the highest of which it is known whether they were seen. */
const width = 256;

export interface CounterWindow {
  /** 0: none was seen. */
  readonly highest: number;
  /** Hex digits, the lowest bit for the highest counter, the next for the one below it, … */
  readonly seen: string;
}

export const emptyWindow: CounterWindow = { highest: 0, seen: '0' };

/** `seen`: it has come before; `old`: it is too far behind to tell. */
export type Judged =
  | { readonly kind: 'new'; readonly window: CounterWindow }
  | { readonly kind: 'seen' | 'old' };

/** @param counter from 1 */
export function judgeCounter({ highest, seen }: CounterWindow, counter: number): Judged {
  const bits = BigInt(`0x${seen}`);
  if (counter > highest) {
    const ahead = counter - highest;
    const kept = ahead >= width ? 0n : BigInt.asUintN(width, bits << BigInt(ahead));
    return { kind: 'new', window: { highest: counter, seen: (kept | 1n).toString(16) } };
  }
  const behind = BigInt(highest - counter);
  if (behind >= BigInt(width)) return { kind: 'old' };
  if (((bits >> behind) & 1n) === 1n) return { kind: 'seen' };
  return { kind: 'new', window: { highest, seen: (bits | (1n << behind)).toString(16) } };
}
