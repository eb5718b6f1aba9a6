/** An acknowledgement that is accepted is in its one spelling, and covers nothing twice. */
import { coveredBy, formatAck, parseAck } from '../../../src/parcel/acknowledgement.ts';
import { countSequences } from '../../../src/parcel/sequences.ts';
import { draftAck, guidOf, incarnation } from '../../kit/enrolled.ts';
import { holds } from '../target.ts';
import { spelledTarget } from '../spelled-target.ts';

const origins = [1, 2].map((n) => ({
  origin: guidOf(n),
  incarnation,
  held: [
    { first: 1, last: 7 },
    { first: 9, last: 9 },
  ],
  voids: [{ first: 8, last: 8 }],
  digest: 'ab'.repeat(32),
}));

export const acknowledgement = spelledTarget({
  name: 'acknowledgement',
  maxBytes: 8 * 1024,
  blocksPerByte: 40,
  words: ['"ack"', '"log"', '"9007199254740991"', '"1-2"', '[]', '__proto__'],
  seeds: () => [draftAck(guidOf(9)), draftAck(guidOf(9), { number: 3, origins })].map(formatAck),
  read: parseAck,
  write: formatAck,
  codes: ['manifest.malformed', 'manifest.other-kind'],
  check: (read, plain) => {
    holds(plain['kind'] === 'ack' && plain['proxy'] === read.proxy, 'it says what JSON says');
    for (const one of read.origins)
      holds(
        countSequences(coveredBy(one)) === countSequences(one.held) + countSequences(one.voids),
        'nothing is both held and lost',
      );
  },
});
