/**
 * Loads a native module out of the single executable. The system loads such modules only from files, so one is made for
 * an instant: without a name, so that no other user can have put it there, no power cut leaves it behind and two
 * versions never meet. It is written anew at each start, which costs about a millisecond on a tmpfs.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants as modes, openSync, unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { writeAll } from '../../src/durable/write-file.ts';
import { FerrymanError, isSystemError } from '../../src/errors.ts';

/** In memory first: those work with a full disk or a read-only one. One that is mounted noexec is passed over. */
const places = ['/dev/shm', '/run', '/tmp', '/var/tmp'];

/** @throws FerrymanError `system.failed` when no place can hold it */
export function loadNativeModule(name: string): unknown {
  const contents = Buffer.from(getRawAsset(name) as ArrayBuffer);
  const refusals: string[] = [];
  for (const place of places) {
    try {
      return loadFrom(place, contents);
    } catch (error) {
      if (!isSystemError(error) && !isRefusedByLoader(error)) throw error;
      refusals.push(isSystemError(error) ? error.message : `${place}: ${(error as Error).message}`);
    }
  }
  throw new FerrymanError(
    'system.failed',
    `${name}: expected a folder to load it from (${contents.length} bytes free, not mounted noexec), found none: ${refusals.join('; ')}`,
  );
}

function loadFrom(place: string, contents: Buffer): unknown {
  const fd = openNameless(place);
  try {
    writeAll(fd, contents);
    const module: { exports: unknown } = { exports: {} };
    process.dlopen(module, `/proc/self/fd/${fd}`, constants.dlopen.RTLD_NOW);
    return module.exports;
  } finally {
    closeSync(fd); // what is mapped stays mapped
  }
}

/** A file of ours alone: made under a name that did not exist, readable by nobody else, and the name is gone at once. */
function openNameless(place: string): number {
  const path = join(place, `.ferryman-${randomBytes(12).toString('hex')}`);
  const fd = openSync(path, modes.O_RDWR | modes.O_CREAT | modes.O_EXCL | modes.O_NOFOLLOW, 0o600);
  try {
    unlinkSync(path);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

/** `ERR_DLOPEN_FAILED`: among others "failed to map segment", which is how a noexec mount shows. */
function isRefusedByLoader(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED';
}
