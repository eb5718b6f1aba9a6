/**
 * The numbers that were used with a key: `FILE.sequences/<n>`, and for rosters `FILE.rosters/<n>`, holds the digest that n names. The name is
 * taken by link(2), which one of two signers wins, so one number can never be given out for two contents.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, writeDurably } from '../../src/durable/write-file.ts';
import { FerrymanError } from '../../src/errors.ts';

/**
 * Claims the sequence of an update for a content, durably; the same content again is fine.
 *
 * @throws FerrymanError `sign.sequence-used`
 */
export function claimSequence(keyFile: string, sequence: number, digest: string): void {
  claim(`${keyFile}.sequences`, 'sequence', sequence, digest);
}

/** The same for the number of a roster. @throws FerrymanError `sign.sequence-used` */
export function claimRoster(keyFile: string, number: number, digest: string): void {
  claim(`${keyFile}.rosters`, 'roster', number, digest);
}

function claim(folder: string, what: string, number: number, digest: string): void {
  makeFolder(folder, 0o700);
  const file = join(folder, String(number));
  try {
    writeDurably(file, `${digest}\n`, { mode: 0o600, existing: 'refuse' });
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'output.exists') throw error;
    const used = readFileSync(file, 'utf8').trim();
    if (used === digest) return;
    throw new FerrymanError(
      'sign.sequence-used',
      `${what} ${number}: expected one that this key has not used for other content, found it used for ${used.slice(0, 16)}`,
      { cause: error },
    );
  }
}
