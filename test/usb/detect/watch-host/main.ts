/**
 * A process with nothing but a StickWatch, to be killed and measured by tests. Called with the options as JSON; prints what is told,
 * a line each. A line on standard input is answered by what the process holds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { StickWatch, type StickWatchOptions } from '../../../../src/usb/detect/stick-watch.ts';

/** After a garbage collection. */
export interface Holdings {
  readonly descriptors: number;
  readonly heapBytes: number;
  readonly mounts: number;
}

function holdings(): Holdings {
  globalThis.gc?.();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    heapBytes: process.memoryUsage().heapUsed,
    mounts: readFileSync('/proc/self/mountinfo', 'latin1').split('\n').length,
  };
}

const options = JSON.parse(process.argv[2] ?? '') as StickWatchOptions;
const watch = new StickWatch(options, {
  inserted: ({ device }) => console.log(`+ ${device}`),
  removed: ({ device }) => console.log(`- ${device}`),
  tell: (level, text) => console.log(`${level}: ${text}`),
});
createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify(holdings())));
watch.start();
