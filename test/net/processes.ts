/** What processes are at: what a person would look at who finds one hanging. */
import { readFileSync } from 'node:fs';

/** Lines about a process and all that it has started: id, state, what the kernel says it waits in, command line. For each that is there */
export function processReport(pid: number | undefined, indent = ''): string {
  if (pid === undefined) return '';
  const read = (name: string): string => readProc(`${pid}/${name}`);
  const status = read('status');
  if (status === '') return `${indent}${pid} is gone\n`;
  const [, state = '?'] = /^State:\s+(.*)$/m.exec(status) ?? [];
  const words = read('cmdline').replaceAll('\0', ' ').trim();
  const [kernel = ''] = read('stack').split('\n');
  const line = `${indent}${pid} ${state} in ${read('wchan')} (${kernel.trim()}): ${words.slice(0, 200)}\n`;
  return (
    line +
    childrenOf(pid)
      .map((child) => processReport(child, `${indent}  `))
      .join('')
  );
}

export function childrenOf(pid: number): number[] {
  return readProc(`${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
}

/** '' where the process is gone, or the kernel does not tell. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
