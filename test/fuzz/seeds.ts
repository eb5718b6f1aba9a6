/** Inputs to begin with, from the vectors of fixtures/parcels: a sound parcel, and all those with one thing wrong. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deputyKey, officeKey } from '../../fixtures/kit/keys.ts';
import { findFraming, tailBytes } from '../../src/parcel/framing.ts';
import { FerrymanError } from '../../src/errors.ts';
import { signedUpdate } from '../kit/office.ts';

/** Bytes of the largest vector taken: what is wrong in the larger ones is their size. */
const maxSeedBytes = 20 * 1024;

/** Whole parcels. */
export function parcelSeeds(): Buffer[] {
  // Not by import.meta: the fuzzer runs bundled, elsewhere, but always from the repository.
  const folder = join(process.cwd(), 'fixtures/parcels');
  const names = readdirSync(folder).filter((name) => name.endsWith('.zip'));
  const vectors = names.toSorted().map((name) => readFileSync(join(folder, name)));
  const files = { 'data.txt': 'again '.repeat(40), 'etc/empty': '' };
  const sound = signedUpdate({ sequence: 9, requires: [{ first: 1, last: 3 }], files }, officeKey, deputyKey);
  return [sound, ...vectors.filter((bytes) => bytes.length <= maxSeedBytes)];
}

/** The comments of parcels that have one. */
export function commentSeeds(): Buffer[] {
  return parcelSeeds().flatMap((parcel) => {
    try {
      return [findFraming(parcel.subarray(-tailBytes), parcel.length).comment];
    } catch (error) {
      if (error instanceof FerrymanError) return [];
      throw error;
    }
  });
}

/** Manifests as they stand in parcels, stored: the first entry. */
export function manifestSeeds(): Buffer[] {
  return parcelSeeds().flatMap((parcel) => {
    const from = parcel.indexOf('{\n');
    const to = parcel.indexOf('\n}\n', from);
    return from === -1 || to === -1 ? [] : [parcel.subarray(from, to + 3)];
  });
}
