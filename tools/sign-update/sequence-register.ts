/**
 * The sequences that were used with a key: `FILE.sequences/<n>` holds the digest that n names. The name is taken by link(2),
 * which one of two signers wins, so one sequence can never be given out for two contents.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, writeDurably } from '../../src/durable/write-file.ts';
import { FerrymanError } from '../../src/errors.ts';

/**
 * Claims a sequence for a content, durably; the same content again is fine.
 *
 * @throws FerrymanError `sign.sequence-used`
 */
export function claimSequence(keyFile: string, sequence: number, digest: string): void {
  const folder = `${keyFile}.sequences`;
  makeFolder(folder, 0o700);
  const file = join(folder, String(sequence));
  try {
    writeDurably(file, `${digest}\n`, { mode: 0o600, existing: 'refuse' });
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'output.exists') throw error;
    const used = readFileSync(file, 'utf8').trim();
    if (used === digest) return;
    throw new FerrymanError(
      'sign.sequence-used',
      `sequence ${sequence}: expected one that this key has not used for other content, found it used for ${used.slice(0, 16)}`,
      { cause: error },
    );
  }
}
