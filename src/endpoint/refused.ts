/**
 * Refusals are told twice: to syslog, for people, and as a line of `endpoint/refused.log`, from which the daemon counts. The endpoint runs
 * as a user who may write nothing else, and a neighbour decides how often it is called: the file has an upper size.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors.ts';
import { systemPath } from '../host/system-path.ts';
import { printable } from '../parcel/printable.ts';

const maxBytes = 256 * 1024;
/** Characters of what was asked that are kept. */
const maxQuoted = 200;

export interface Refused {
  /** GUID, or `shared`. */
  readonly peer: string;
  readonly why: string;
  readonly command: string;
  readonly at: string;
}

export function refusalsFile(folder: string): string {
  return join(folder, 'refused.log');
}

export function tellRefusal(folder: string, refused: Refused): void {
  const command = printable(refused.command.slice(0, maxQuoted));
  const file = refusalsFile(folder);
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < maxBytes)
      appendFileSync(file, `${JSON.stringify({ ...refused, command })}\n`, { mode: 0o600 });
  } catch (error) {
    if (!isSystemError(error)) throw error; // a full disk changes nothing about the refusal
  }
  const said = `refused to ${refused.peer}: ${refused.why}: ${command}`;
  spawnSync('logger', ['--tag', 'ferryman-endpoint', '--priority', 'auth.warning', '--', said], {
    stdio: 'ignore',
    timeout: 5000,
    env: { PATH: systemPath },
  });
}
