/**
 * Closes what the runner was born with besides its three streams: descriptors that whoever called ferryman held open (a
 * lock, a socket) must not live on in a script, or in a daemon that it leaves running. Node's own are closed by exec anyway.
 */
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { isSystemError } from '../../errors.ts';

/** O_CLOEXEC, as /proc/self/fdinfo writes it: in octal; see proc(5). */
const closeOnExec = 0o2000000;

export function closeInherited(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd > 2 && passesExec(fd)) closeSync(fd);
  }
}

function passesExec(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch (error) {
    if (isSystemError(error)) return false; // the one by which the folder was read is closed already
    throw error;
  }
}
