/** OpenSSH's list of revoked certificates, made of serials. A node always has one: sshd lets nobody in when it is missing or torn. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDurably } from '../durable/write-file.ts';
import { formatRange, type SequenceRange } from '../parcel/sequences.ts';
import { runSsh } from './ssh-keygen.ts';

export interface Revocation {
  /** Of the roster; 0: there is none. */
  readonly number: number;
  readonly revoked: readonly SequenceRange[];
}

export const nothingRevoked: Revocation = { number: 0, revoked: [] };

/** The bytes of the list. @param ca the line of the CA's public key: serials are of its certificates; `undefined`: there is none. @throws FerrymanError `ssh.*` */
export async function makeRevocationList(
  { number, revoked }: Revocation,
  ca: string | undefined,
): Promise<Buffer> {
  const scratch = mkdtempSync(join(tmpdir(), 'ferryman-krl-'));
  const file = (name: string, text: string): string => {
    const path = join(scratch, name);
    writeDurably(path, text, { mode: 0o600, existing: 'refuse' });
    return path;
  };
  try {
    const list = join(scratch, 'krl');
    const base = ['-q', '-k', '-f', list, '-z', String(number)];
    const serials = ca === undefined ? [] : revoked;
    const lines = serials.map((range) => `serial: ${formatRange(range)}\n`).join('');
    await runSsh('ssh-keygen', [
      ...base,
      ...(lines === '' ? [] : ['-s', file('ca.pub', `${ca}\n`), file('serials', lines)]),
    ]);
    return readFileSync(list);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
