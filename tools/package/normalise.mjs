/** Takes out of a tree what differs from one build to the next: times, and modes that follow the builder's umask. */
import { chmodSync, lstatSync, lutimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** `epoch`: seconds since 1970 for every file and folder. */
export function normalise(path, epoch) {
  const status = lstatSync(path);
  if (status.isDirectory()) for (const name of readdirSync(path)) normalise(join(path, name), epoch);
  if (!status.isSymbolicLink()) chmodSync(path, modeOf(status));
  lutimesSync(path, epoch, epoch);
}

function modeOf(status) {
  return status.isDirectory() || status.mode & 0o100 ? 0o755 : 0o644;
}
