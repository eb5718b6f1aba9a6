/** Whether the office keys are in order, as a command needs to know that does not verify anything itself. */
import { FerrymanError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { markAsItStands } from '../node/trust-mark.ts';

/**
 * @param provenMark of the keys and the threshold that the daemon has found in order last
 * @returns why every parcel is refused; `null` when the keys are in order
 */
export async function findTrustProblem(
  layout: Layout,
  threshold: number,
  provenMark: string | undefined,
): Promise<string | null> {
  if (provenMark !== undefined && markAsItStands(layout, threshold) === provenMark) return null;
  const { loadTrust } = await import('../node/trust-store.ts');
  return trustProblemOf(() => loadTrust(layout, threshold));
}

/** Why reading the keys fails, in words; `null` when it does not. */
export function trustProblemOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof FerrymanError) return error.message;
    throw error;
  }
}
