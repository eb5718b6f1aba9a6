/** How a daemon is asked to look now: it watches its inbox, and a file that comes and goes there is a knock. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';

export const knockName = '.knock';

/** Makes a daemon look now. A knock is a hint: one that fails costs at most `channels.rescanSeconds`. */
export function knock(inbox: string): void {
  const path = join(inbox, knockName);
  try {
    writeFileSync(path, '');
    rmSync(path, { force: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}
