/** Section `proxy`: taking archives in with few and with many in the store, and opening the store. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from './measure.ts';
import { node, proxyAtWork, run } from './programs.ts';
import { table } from './table.ts';

/** Archives that are brought at a time. */
const portion = 10_000;

/** @param held archives that are in the store at the end, a multiple of 10,000 */
export function benchProxy(scratch: string, held: number): string {
  const root = join(scratch, 'root');
  mkdirSync(root);
  const rows: string[][] = [];
  for (let before = 0; before < held; before += portion) {
    const given = join(scratch, 'given');
    const count = Math.min(portion, held - before);
    run(node, [proxyAtWork, 'make', given, String(before), String(count)]);
    const taken = sample(['take', root, given]);
    if (before === 0 || before + count >= held)
      rows.push(
        row(
          `take ${count} in, ${before} in the store`,
          taken,
          `${Math.round(count / taken.wallSeconds)} a second`,
        ),
      );
    if (before > 0 && before + count >= held) {
      const again = sample(['take', root, given]);
      rows.push(row(`the same ${count} again`, again, `${Math.round(count / again.wallSeconds)} a second`));
    }
    rmSync(given, { recursive: true });
  }
  rows.push(row(`open, ${held} in the store`, sample(['open', root]), ''));
  rmSync(join(root, 'var/lib/ferryman/store.sqlite'));
  rows.push(row(`open without an index, ${held} in the store`, sample(['open', root]), ''));
  return `Archives of 1 kB of lines each, of 100 nodes: read, proven, written and synced, unpacked, put together to be read, acknowledged.\n\n${table(['', 'wall, s', 'cpu, s', 'peak MiB', ''], rows)}`;
}

function sample(args: readonly string[]): Sample {
  return JSON.parse(run(node, [proxyAtWork, ...args])) as Sample;
}

function row(name: string, { wallSeconds, cpuSeconds, peakMib }: Sample, note: string): string[] {
  return [name, wallSeconds.toFixed(2), cpuSeconds.toFixed(2), peakMib.toFixed(0), note];
}
