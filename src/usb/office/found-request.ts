/** The request of a node that is not enrolled, as it lies in a report that was kept. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FerrymanError } from '../../errors.ts';
import { pack, type PublicKey } from '../../parcel/public-key.ts';
import { spokenFingerprint } from '../../parcel/fingerprint.ts';
import { verifyRequest } from '../../verify/enrolment-request.ts';

export interface FoundRequest {
  readonly file: string;
  /** As it is read out. */
  readonly fingerprint: string;
  /** It is by the identity key that the office knows of this node; else somebody has to compare the fingerprint. */
  readonly isKnown: boolean;
}

/** @param folder of the report @param key the identity key of the node, where it is known @returns `undefined`: there is none; or why it is not one of this node */
export function findRequest(
  folder: string,
  node: string,
  key: PublicKey | undefined,
): FoundRequest | FerrymanError | undefined {
  const file = join(folder, 'request.txt');
  if (!existsSync(file)) return undefined;
  try {
    const { node: asking, identity } = verifyRequest(readFileSync(file, 'utf8'));
    if (asking !== node)
      return new FerrymanError(
        'enrolment.other-node',
        `${file}: expected a request of ${node}, found one of ${asking}`,
      );
    if (key && !pack(key).equals(pack(identity)))
      return new FerrymanError(
        'enrolment.other-key',
        `${file}: expected a request by the key ${key.keyId} of ${node}, found one by ${identity.keyId}`,
      );
    return { file, fingerprint: spokenFingerprint(identity), isKnown: key !== undefined };
  } catch (error) {
    if (error instanceof FerrymanError)
      return new FerrymanError(error.code, `${file}: ${error.message}`, { cause: error });
    throw error;
  }
}
