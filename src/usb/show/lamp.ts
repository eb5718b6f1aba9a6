/**
 * What the lamp does in each phase. Pure.
 *
 * A headless kiosk says everything with one lamp, so these rules hold:
 * - Fast means "leave the key in", and nothing else is fast.
 * - "Safe to remove" is even and slow, and nothing else is even and slow.
 * - Nothing is shown by a lamp that is only dark or only lit, nor by the heartbeat or the flicker of the disk that it may show by itself:
 *   a lamp that nobody drives says nothing.
 * - A failure counts out the two digits of its code: a long light, then as many flashes as the first digit says, a pause, the second.
 */
import type { Phase, PhaseKind } from './phase.ts';
import { anythingElse, isPhoneCode } from './codes.ts';

/** One after another, from the beginning again when they are over. */
export interface LampStep {
  readonly lit: boolean;
  readonly ms: number;
}

/** Lit and dark by turns, in milliseconds: the kernel can do it alone. */
export interface Blink {
  readonly litMs: number;
  readonly darkMs: number;
}

/** The digits of the code, in milliseconds. */
interface Count {
  /** The light before the first digit. */
  readonly longMs: number;
  /** A flash, and the dark after it. */
  readonly flashMs: number;
  /** The dark before, between and after the digits, on top of the one after a flash. */
  readonly pauseMs: number;
}

/** `as-it-was`: what the lamp did before a key came. */
type LampPattern = 'as-it-was' | Blink | Count;

export type LampPatterns = Readonly<Record<PhaseKind, LampPattern>>;

const fast: Blink = { litMs: 100, darkMs: 100 };

export const lampPatterns = {
  nothing: 'as-it-was',
  plugged: fast,
  reading: fast,
  safe: { litMs: 1000, darkMs: 1000 },
  /** Dark, with a flash. */
  running: { litMs: 100, darkMs: 1900 },
  /** Lit, with a wink. */
  done: { litMs: 1900, darkMs: 100 },
  failed: { longMs: 3000, flashMs: 350, pauseMs: 1150 },
} as const satisfies LampPatterns;

/** The steps of a phase; none: the lamp is left as it was. */
export function lampSteps(patterns: LampPatterns, { kind, code }: Phase): readonly LampStep[] {
  const pattern = patterns[kind];
  if (pattern === 'as-it-was') return [];
  if ('litMs' in pattern)
    return [
      { lit: true, ms: pattern.litMs },
      { lit: false, ms: pattern.darkMs },
    ];
  const digits = (isPhoneCode(code) ? code : anythingElse).slice(1);
  return countOut(digits, pattern);
}

function countOut(digits: string, { longMs, flashMs, pauseMs }: Count): readonly LampStep[] {
  const flash = [
    { lit: true, ms: flashMs },
    { lit: false, ms: flashMs },
  ];
  const pause = { lit: false, ms: pauseMs };
  const counted = digits
    .split('')
    .flatMap((digit) => [...Array.from({ length: Number(digit) }, () => flash).flat(), pause]);
  return [{ lit: true, ms: longMs }, pause, ...counted];
}
