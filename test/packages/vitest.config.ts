import { defineConfig } from 'vitest/config';

/** Tests of what `npm run package:*` makes, each in a bare Debian 12. They take minutes, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ['test/packages/**/*.debootstrap.ts'],
    environment: 'node',
    globals: false,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
});
