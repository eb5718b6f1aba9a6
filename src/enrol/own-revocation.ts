/**
 * Whether the office has revoked this node's own enrolment. Reads the two files without what proves them, which was done when they were
 * installed: `ferryman status` asks, and must not load it.
 */
import { readFileSync } from 'node:fs';
import { isSystemError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { parseRange } from '../parcel/sequences.ts';
import { enrolmentPlaces } from './places.ts';

/** The serial of this node's enrolment, when the newest roster revokes it. */
export function findOwnRevocation(layout: Pick<Layout, 'etc'>): number | undefined {
  const { enrolment, roster } = enrolmentPlaces(layout);
  const { serial } = readJson<{ serial?: number }>(enrolment, (text) => text.split(' ')[1]);
  const { revoked } = readJson<{ revoked?: string[] }>(roster, (text) => text.slice(text.indexOf('\n')));
  if (serial === undefined || revoked === undefined) return undefined;
  const isRevoked = revoked.some((text) => {
    const range = parseRange(text);
    return range !== undefined && range.first <= serial && serial <= range.last;
  });
  return isRevoked ? serial : undefined;
}

/** Empty where there is no such file, or one that is not as it was made: whoever uses it says so. */
function readJson<Part extends object>(
  file: string,
  cut: (text: string) => string | undefined,
): Partial<Part> {
  try {
    return JSON.parse(cut(readFileSync(file, 'latin1')) ?? '') as Partial<Part>;
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error)) return {};
    throw error;
  }
}
