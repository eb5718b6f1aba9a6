/**
 * Processor time of everything that was started below this process and of itself, ended or not: the control group that this process is in
 * counts it, whoever has waited for whom.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/sys/fs/cgroup';

/** @returns seconds; `undefined` where no control group counts, or the one of the whole machine does */
export function cpuSeconds(): number | undefined {
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers = '', path = ''] = line.split(':');
    if (path === '/' || path === '') continue;
    const old = join(folder, 'cpuacct', path, 'cpuacct.usage');
    if (controllers.split(',').includes('cpuacct') && existsSync(old))
      return Number(readFileSync(old, 'utf8')) / 1e9;
    const unified = join(folder, path, 'cpu.stat');
    if (controllers === '' && existsSync(unified)) {
      const micro = /^usage_usec (\d+)$/m.exec(readFileSync(unified, 'utf8'))?.[1];
      if (micro !== undefined) return Number(micro) / 1e6;
    }
  }
  return undefined;
}
