/** Whom a node believes, and whether that can be right. Apart from verify.ts, so that asking does not load the curve. */
import { FerrymanError } from '../errors.ts';
import { pack, type PublicKey } from '../parcel/public-key.ts';

/** The keys that this node believes, and how many of them must have signed. */
export interface Trust {
  readonly keys: readonly PublicKey[];
  /** 1 to the number of keys. */
  readonly threshold: number;
}

/** No keys, or a threshold that cannot be right: everything is refused. @throws FerrymanError `trust.*` */
export function checkTrust({ keys, threshold }: Trust): void {
  if (keys.length === 0)
    throw new FerrymanError('trust.no-keys', 'expected at least one trusted office key, found none');
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw new FerrymanError(
      'trust.threshold',
      `expected a threshold from 1 to ${keys.length}, the number of trusted keys; found ${threshold}`,
    );
  }
  for (const [index, key] of keys.entries()) {
    const twin = keys
      .slice(0, index)
      .find((other) => other.keyId === key.keyId || other.bytes.equals(key.bytes));
    if (twin)
      throw new FerrymanError(
        'trust.duplicate',
        `key ${key.keyId}: expected each key once, found it again as ${twin.keyId}`,
      );
  }
}

/** The same for the same keys and threshold, in whatever order. Not a hash: what only asks need not load any. */
export function markOf({ keys, threshold }: Trust): string {
  return [threshold, ...keys.map((key) => pack(key).toString('base64')).toSorted()].join(' ');
}
