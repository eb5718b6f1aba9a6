/** Files that the office's tool writes: never over an existing one, unless it is the parcel that is being changed. */
import { lstatSync } from 'node:fs';
import { FerrymanError } from '../../src/errors.ts';

/** Says so before the work is done; the write itself refuses too. @throws FerrymanError `output.exists` */
export function refuseExisting(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }))
    throw new FerrymanError('output.exists', `${path}: expected no such file, found one`);
}
