/**
 * Which process is meant, for ever: pid alone is used again by the system, so boot id and start time go with it.
 * Reads Linux's /proc; see proc(5).
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Names one process on one boot of one machine. */
export interface ProcessIdentity {
  /** Random per boot: /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Seconds since boot; goes on during suspend, never jumps. */
export function readUptimeSeconds(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
}

/** Names a living process; `undefined` when there is none with that pid, or only its corpse. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses and may hold anything: count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  return { bootId: readBootId(), pid, startTicks: Number(fields[19]) };
}

export function isAlive(process: ProcessIdentity): boolean {
  const found = identifyProcess(process.pid);
  return found !== undefined && found.bootId === process.bootId && found.startTicks === process.startTicks;
}

/** All living processes whose environment holds exactly `NAME=value`; this process is left out. */
export function processesWithEnvironment(assignment: string, selfPid: number): number[] {
  const wanted = `\0${assignment}\0`;
  const looked = new Set([String(selfPid)]);
  const found: number[] = [];
  // Until no pid is new: a process that forks and ends while the list is being read must not slip through.
  for (let round = 0, news = listPids(looked); news.length > 0 && round < maxRounds; round++) {
    for (const pid of news) {
      looked.add(pid);
      if (`\0${readProc(`${pid}/environ`) ?? ''}\0`.includes(wanted)) found.push(Number(pid));
    }
    news = listPids(looked);
  }
  return found.filter((pid) => identifyProcess(pid) !== undefined);
}

/** Listings of /proc in one search; on a machine that starts processes all the time it would never end. */
const maxRounds = 100;

function listPids(without: ReadonlySet<string>): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !without.has(name));
}

/** A process may end between listing and reading: that is `undefined`, not an error. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return undefined;
  }
}
