import { createInterface } from 'node:readline/promises';
import type { Io } from './io.ts';
import { usageError } from './values.ts';

/** Asks a person. @returns true for `yes` or `y` alone. @throws FerrymanError `usage.invalid` without a terminal to ask on */
export async function confirm(question: string, io: Io): Promise<boolean> {
  if (io.stdin.isTTY !== true) throw usageError('expected a terminal to ask on, found none: give --yes');
  io.err(`${question} [y/N] `);
  const lines = createInterface({ input: io.stdin });
  try {
    const { value } = await lines[Symbol.asyncIterator]().next();
    return /^\s*y(es)?\s*$/i.test(String(value));
  } finally {
    lines.close();
  }
}
