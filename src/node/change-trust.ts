/**
 * Adds and removes office keys. Checked under a lock of its own, so that two changes at once cannot leave a node with a
 * key twice or with too few; a daemon reads the folder anew before each decision and needs no restart.
 */
import { rmSync } from 'node:fs';
import { syncFolder, makeFolder, writeDurably } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { takeLock } from '../host/lock.ts';
import { fingerprintOf, spokenDigits } from '../parcel/fingerprint.ts';
import { formatPublicKey, type PublicKey } from '../parcel/public-key.ts';
import type { Layout } from './layout.ts';
import { keyFilePath, listKeyFiles, type KeyFile } from './trust-store.ts';

/** Milliseconds for which another change is waited out. */
const lockWaitMs = 5000;

/** True for a name that a key may be given: it becomes a file name. */
export function isKeyName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name);
}

/**
 * Trusts one more key; durable when it returns.
 *
 * @param name fit for {@link isKeyName}
 * @throws FerrymanError `trust.duplicate`: the key, or its key id, is trusted already; `output.exists`: the name is taken
 */
export function addKey(layout: Layout, name: string, key: PublicKey): void {
  makeFolder(layout.keys, 0o755);
  underLock(layout, () => {
    for (const known of listKeyFiles(layout))
      if (!(known.key instanceof FerrymanError)) refuseTwin(key, known.key, known.name);
    writeDurably(keyFilePath(layout, name), formatPublicKey(key), { mode: 0o644, existing: 'refuse' });
  });
}

function refuseTwin(key: PublicKey, known: PublicKey, name: string): void {
  if (known.bytes.equals(key.bytes))
    throw new FerrymanError(
      'trust.duplicate',
      `key ${key.keyId}: expected a key that is not trusted yet, found it trusted as "${name}"`,
    );
  if (known.keyId === key.keyId)
    throw new FerrymanError(
      'trust.duplicate',
      `key ${key.keyId}: expected a key id that is not taken, found another key with this id, "${name}"`,
    );
}

/**
 * Stops trusting one key; durable when it returns.
 *
 * @param wanted name, key id, or the beginning of the fingerprint, at least 32 digits, however they are grouped
 * @returns the file that is gone
 * @throws FerrymanError `trust.no-such-key`; `trust.needed`: fewer keys than the threshold would be left
 */
export function removeKey(layout: Layout, threshold: number, wanted: string): KeyFile {
  return underLock(layout, () => {
    const files = listKeyFiles(layout);
    const found = findKey(files, wanted);
    const left = countKeys(files.filter((file) => file !== found));
    if (left < threshold && left < countKeys(files)) {
      throw new FerrymanError(
        'trust.needed',
        `key "${found.name}": expected at least ${threshold} to be left, as trust.threshold demands, found ${left}: this node would refuse everything`,
      );
    }
    rmSync(found.path);
    syncFolder(layout.keys);
    return found;
  });
}

/** Sound keys, each counted once. */
function countKeys(files: readonly KeyFile[]): number {
  return new Set(files.flatMap(({ key }) => (key instanceof FerrymanError ? [] : [fingerprintOf(key)]))).size;
}

/** A name is taken before a key id: it is the only word for a file that holds no fit key, or holds one a second time. */
function findKey(files: readonly KeyFile[], wanted: string): KeyFile {
  const named = files.find(({ name }) => name === wanted);
  const found = named
    ? [named]
    : files.filter(({ key }) => !(key instanceof FerrymanError) && isMeant(key, wanted));
  const [only] = found;
  if (only && found.length === 1) return only;
  const names = found.map(({ name }) => name).join(', ');
  throw new FerrymanError(
    'trust.no-such-key',
    `"${wanted}": expected the name, key id or fingerprint of one key that is trusted here, found ${names || 'none'}`,
  );
}

function isMeant(key: PublicKey, wanted: string): boolean {
  const digits = wanted.replaceAll(/[\s:-]/g, '').toLowerCase();
  return (
    digits === key.keyId.toLowerCase() ||
    (digits.length >= spokenDigits && fingerprintOf(key).startsWith(digits))
  );
}

function underLock<Result>({ trustLockFile }: Layout, work: () => Result): Result {
  const lock = takeLock(trustLockFile, lockWaitMs);
  if (!lock)
    throw new FerrymanError(
      'lock.held',
      `${trustLockFile}: expected to change the office keys, found somebody else at it`,
    );
  try {
    return work();
  } finally {
    lock.release();
  }
}
