/** Whatever datagram comes: a ping that is accepted is in its one spelling, and only its sender's key makes it a proven one. */
import { FerrymanError } from '../../../src/errors.ts';
import { parsePing, signPing } from '../../../src/parcel/ping.ts';
import { verifyPing } from '../../../src/verify/enrolled.ts';
import { officeKey } from '../../../fixtures/kit/keys.ts';
import { enrolledNode } from '../../kit/enrolled.ts';
import { trusted } from '../../kit/office.ts';
import { holds } from '../target.ts';
import { spelledTarget } from '../spelled-target.ts';

const node = enrolledNode(1, 'kiosk');
const sound = signPing(
  {
    node: node.guid,
    incarnation: '0123456789abcdef',
    counter: 7,
    port: 7822,
    holdings: 'fedcba9876543210',
    roster: 0,
  },
  node.key,
  node.enrolment,
);
const trust = { trust: { keys: trusted(officeKey), threshold: 1 }, revoked: [] };

export const ping = spelledTarget({
  name: 'ping',
  maxBytes: 1_300,
  blocksPerByte: 60,
  words: ['ferryman-ping ', ' ferryman-enrolment ', '"port":0', '==', '__proto__'],
  seeds: () => [sound],
  read: (input) => {
    const read = parsePing(input);
    holds(isProven(input) === input.equals(sound), 'only what the node signed is proven');
    return read;
  },
  write: ({ document, signature, enrolment }) =>
    Buffer.from(['ferryman-ping', document, signature.toString('base64'), enrolment].join(' '), 'latin1'),
  codes: ['ping.malformed'],
  json: (input) => input.toString().split(' ')[1] ?? '',
  check: (read, plain) => {
    holds(
      plain['counter'] === read.ping.counter && plain['node'] === read.ping.node,
      'it says what JSON says',
    );
  },
});

function isProven(datagram: Buffer): boolean {
  try {
    verifyPing(datagram, trust);
    return true;
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    return false;
  }
}
