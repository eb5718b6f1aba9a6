import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFilesFirst } from './tools/run-tests/long-files-first.ts';

/** The tests start real programs, so they run in processes of their own and may take their time. One more at a time
 * than there are processors: many wait for a clock. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globals: false,
    pool: 'forks',
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongFilesFirst },
    // What fails once in a hundred runs of four thousand tests that start real programs keeps no change back where nobody looks on; it is named
    // at the end of the run.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Styles that go into the program as text; without this they are read as empty.
    css: { include: /\?raw$/ },
  },
});
