/** A summary that is accepted is in its one spelling, sorted, and has holdings. */
import { formatSummary, holdingsOf, parseSummary } from '../../../src/parcel/summary.ts';
import { guidOf, incarnation } from '../../kit/enrolled.ts';
import { holds } from '../target.ts';
import { spelledTarget } from '../spelled-target.ts';

const empty = {
  node: guidOf(1),
  role: 'ferry' as const,
  free: 0,
  roster: 0,
  acks: [],
  updates: [],
  logs: [],
};
const full = {
  ...empty,
  free: 1_000_000,
  roster: 12,
  acks: [0, 1].map((shard) => ({ proxy: guidOf(9), epoch: incarnation, number: 3, shard })),
  updates: ['00'.repeat(64), 'ab'.repeat(64)],
  logs: [1, 2].map((n) => ({
    origin: guidOf(n),
    incarnation,
    short: [{ first: 1, last: 1 }],
    long: [{ first: 2, last: 7 }],
    bytes: 1000,
  })),
};

export const summary = spelledTarget({
  name: 'summary',
  maxBytes: 8 * 1024,
  blocksPerByte: 40,
  words: ['"summary"', '"short":[', '"long":[', '"1-2"', '[]', '__proto__', '../'],
  seeds: () => [empty, full].map((one) => Buffer.from(formatSummary(one))),
  read: (input) => ({ ...parseSummary(input), end: input.at(-1) === 0x0a ? '\n' : '' }),
  write: ({ end, ...read }) => formatSummary(read) + end,
  codes: ['summary.malformed'],
  check: (read, plain) => {
    holds(plain['free'] === read.free && plain['node'] === read.node, 'it says what JSON says');
    holds(/^[0-9a-f]{16}$/.test(holdingsOf(read)), 'it has holdings');
    holds(
      !/\.\.|\//.test(read.logs.map((one) => one.origin + one.incarnation).join()),
      'no name leaves a folder',
    );
  },
});
