/** What a test file leaves behind on the machine: processes of its nodes, and mounts. Expected to be nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every process that names a folder in its arguments or environment, and every mount below it, as text. */
export async function straysUnder(folder: string, patienceMs = 5000): Promise<string[]> {
  for (let waited = 0; ; waited += 100) {
    const strays = [
      ...processesUnder(folder).map(({ pid, command }) => `process ${pid}: ${command}`),
      ...mountsUnder(folder),
    ];
    if (strays.length === 0 || waited >= patienceMs) return strays;
    await sleep(100);
  }
}

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** Processes that name the folder, but for the one that asks. */
export function processesUnder(folder: string): FoundProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({
      pid: Number(name),
      command: readProc(name, 'cmdline').replaceAll('\0', ' '),
      environment: readProc(name, 'environ'),
    }))
    .filter(({ command, environment }) => command.includes(folder) || environment.includes(folder));
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

function mountsUnder(folder: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.split(' ')[1]?.startsWith(folder))
    .map((line) => `mount ${line}`);
}

/** Ends the processes that {@link straysUnder} would name, so that a failed test leaves none. */
export function endProcessesUnder(folder: string): void {
  for (const { pid } of processesUnder(folder)) endProcess(pid);
}

/** Kills one process. @returns false when it has ended by itself */
export function endProcess(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false; // ESRCH
  }
}
