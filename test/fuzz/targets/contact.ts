/** A line of contacts that is accepted is in its one spelling, and shows nothing that a terminal acts on. */
import { formatContact, parseContact } from '../../../src/parcel/contact.ts';
import { guidOf } from '../../kit/enrolled.ts';
import { holds } from '../target.ts';
import { spelledTarget } from '../spelled-target.ts';

export const contact = spelledTarget({
  name: 'contact',
  maxBytes: 1_100,
  blocksPerByte: 40,
  words: ['"reason":', '"ferry"', '\\u001b', '__proto__', '𝄞'],
  seeds: () => [
    Buffer.from(
      formatContact({
        at: '2026-11-01T00:00:00Z',
        peer: guidOf(2),
        role: 'ferry',
        seconds: 3,
        bytesIn: 1,
        bytesOut: 2,
        parcelsIn: 0,
        reason: 'nothing more to take — "enough"',
      }),
    ),
  ],
  read: parseContact,
  write: formatContact,
  codes: ['contact.malformed'],
  check: (read, plain) => {
    holds(plain['peer'] === read.peer, 'it says what JSON says');
    holds(!/[\p{C}\p{Zl}\p{Zp}]/u.test(read.reason), 'the reason can be shown');
  },
});
