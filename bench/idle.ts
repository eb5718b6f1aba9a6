/** Section `idle`: memory and processor time of a daemon that has nothing to do. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ferryman, makeNode, makeOffice, node } from './programs.ts';
import { table } from './table.ts';

/** Clock ticks of /proc in a second: 100 on every Linux that Debian runs on (`getconf CLK_TCK`). */
const ticksPerSecond = 100;
/** Seconds until a start is over. */
const settleSeconds = 5;

interface Usage {
  readonly residentMib: number;
  readonly peakMib: number;
  readonly cpuSeconds: number;
}

export async function benchIdle(scratch: string, idleSeconds: number): Promise<string> {
  const root = join(scratch, 'root');
  makeNode(root, makeOffice(scratch).publicKey);
  const peers = [
    { name: 'node, a timer', args: ['-e', 'setInterval(() => {}, 60000)'] },
    { name: 'ferryman run', args: [ferryman, 'run', '--root', root] },
  ];
  const started = peers.map(({ args }) => spawn(node, args, { stdio: 'ignore' }));
  try {
    await sleep(settleSeconds * 1000);
    const before = started.map(usageOf);
    await sleep(idleSeconds * 1000);
    const after = started.map(usageOf);
    const rows = peers.map(({ name }, index) => row(name, before[index], after[index], idleSeconds));
    return table([`idle for ${idleSeconds} s`, 'resident MiB', 'peak MiB', 'cpu, s', '% of a core'], rows);
  } finally {
    await Promise.all(started.map(end));
  }
}

function row(
  name: string,
  before: Usage | undefined,
  after: Usage | undefined,
  idleSeconds: number,
): string[] {
  const cpuSeconds = (after?.cpuSeconds ?? NaN) - (before?.cpuSeconds ?? NaN);
  const { residentMib = NaN, peakMib = NaN } = after ?? {};
  const percent = ((cpuSeconds / idleSeconds) * 100).toFixed(3);
  return [name, residentMib.toFixed(0), peakMib.toFixed(0), cpuSeconds.toFixed(2), percent];
}

function usageOf({ pid }: ChildProcess): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything: field 3 is the first, user and system time are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { residentMib: mib('VmRSS'), peakMib: mib('VmHWM'), cpuSeconds: ticks / ticksPerSecond };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
