/** What the keys of a node amount to: whether anything can be verified with them, and by how many. */
import { FerrymanError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { listKeyFiles, loadTrust } from '../node/trust-store.ts';

export interface TrustStanding {
  readonly threshold: number;
  /** Key files, whatever is in them. */
  readonly keys: number;
  /** Why every parcel is refused; `null` when the keys are in order. */
  readonly problem: string | null;
}

/** @throws FerrymanError `trust.unreadable`: the folder itself */
export function readStanding(layout: Layout, threshold: number): TrustStanding {
  const keys = listKeyFiles(layout).length;
  try {
    loadTrust(layout, threshold);
    return { threshold, keys, problem: null };
  } catch (error) {
    if (error instanceof FerrymanError) return { threshold, keys, problem: error.message };
    throw error;
  }
}

/** A line, or two. */
export function standingText({ threshold, keys, problem }: TrustStanding): string {
  if (problem !== null) return `! nothing can be verified here: ${problem}\n`;
  if (keys === 1) return '1 key is trusted: it must have signed an update\n';
  const who = threshold === keys ? 'all' : threshold === 1 ? 'one' : String(threshold);
  return `${keys} keys are trusted: ${who} of them must have signed an update\n`;
}
