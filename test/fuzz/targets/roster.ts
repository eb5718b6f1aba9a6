/** The manifest of a roster that is accepted is in its one spelling, its sets in their one form. */
import { formatRoster, parseRoster } from '../../../src/parcel/roster.ts';
import { normaliseRanges } from '../../../src/parcel/sequences.ts';
import { draftRoster, guidOf, incarnation } from '../../kit/enrolled.ts';
import { holds } from '../target.ts';
import { spelledTarget } from '../spelled-target.ts';

export const roster = spelledTarget({
  name: 'roster',
  maxBytes: 8 * 1024,
  blocksPerByte: 40,
  words: ['"roster"', '"ack"', '"9007199254740991"', '"1-2"', '[]', '{}', '__proto__'],
  seeds: () =>
    [
      draftRoster(),
      draftRoster({
        number: 12,
        revoked: [
          { first: 7, last: 7 },
          { first: 20, last: 24 },
        ],
        closed: [1, 2].map((n) => ({ origin: guidOf(n), incarnation })),
      }),
    ].map(formatRoster),
  read: parseRoster,
  write: formatRoster,
  codes: ['manifest.malformed', 'manifest.other-kind'],
  check: (read, plain) => {
    holds(plain['kind'] === 'roster' && plain['number'] === read.number, 'it says what JSON says');
    holds(
      JSON.stringify(normaliseRanges(read.revoked)) === JSON.stringify(read.revoked),
      'a set has one form',
    );
  },
});
