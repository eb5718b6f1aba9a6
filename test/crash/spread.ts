/**
 * Which steps of a walk are tried: by `npm test` some of them, spread over the walk and chosen anew each time; by
 * `npm run soak:crash`, which sets FERRYMAN_ALL_STEPS, all. FERRYMAN_TEST_SEED chooses the same ones again.
 */
import { randomInt } from 'node:crypto';
import { Random } from './random.ts';

/** 32 bits. */
export const testSeed = Number(process.env['FERRYMAN_TEST_SEED'] ?? randomInt(2 ** 31));
/** Whether this is the soak. */
export const takesAll = process.env['FERRYMAN_ALL_STEPS'] !== undefined;

/**
 * One out of each of `count` stretches of equal length, the first and the last of all, and those that must be.
 *
 * @param isMust what is tried every time
 */
export function spread<T>(
  steps: readonly T[],
  count: number,
  isMust: (step: T, index: number) => boolean = () => false,
): T[] {
  if (takesAll || steps.length <= count) return [...steps];
  console.log(
    `${count} of ${steps.length} steps: FERRYMAN_TEST_SEED=${testSeed} chooses the same, npm run soak:crash takes all`,
  );
  const random = new Random(testSeed);
  const chosen = new Set([0, steps.length - 1]);
  for (let stretch = 0; stretch < count; stretch += 1) {
    const [first, next] = [stretch, stretch + 1].map((one) => Math.ceil((one * steps.length) / count));
    chosen.add(random.between(first ?? 0, (next ?? 1) - 1));
  }
  return steps.filter((step, index) => chosen.has(index) || isMust(step, index));
}
