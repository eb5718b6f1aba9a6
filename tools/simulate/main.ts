/** `npm run simulate`: contact traces through the decisions of log-flood. */
import { run } from './run.ts';

// A reader that has gone (`… | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 74));

process.exitCode = run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  terminal: {
    isTerminal: process.stderr.isTTY,
    write: (text) => void process.stderr.write(text),
    now: () => performance.now(),
  },
});
