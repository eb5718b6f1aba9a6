/** Files that the office's tool writes: never over an existing one, unless it is the parcel that is being changed. */
import { lstatSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { FerrymanError } from '../../src/errors.ts';

/** Says so before the work is done; the write itself refuses too. @throws FerrymanError `output.exists` */
export function refuseExisting(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }))
    throw new FerrymanError('output.exists', `${path}: expected no such file, found one`);
}

/** A parcel written into the folder that it packs would be packed by the next one. @throws FerrymanError `usage.invalid` */
export function refuseInside(folder: string, path: string): void {
  const [first] = relative(resolve(folder), resolve(path)).split(sep);
  if (first !== '..') {
    throw new FerrymanError(
      'usage.invalid',
      `--output ${path}: expected a place outside the folder that is packed, found it inside`,
    );
  }
}
