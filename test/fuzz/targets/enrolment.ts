/** A line of an enrolment that is accepted is in its one spelling, and says what plain JSON says. */
import { deputyKey, officeKey } from '../../../fixtures/kit/keys.ts';
import { formatEnrolmentLine, parseEnrolmentLine } from '../../../src/parcel/enrolment.ts';
import { enrolledNode } from '../../kit/enrolled.ts';
import { holds } from '../target.ts';
import { spelledTarget } from '../spelled-target.ts';

export const enrolment = spelledTarget({
  name: 'enrolment',
  maxBytes: 2 * 1024,
  blocksPerByte: 20,
  words: ['ferryman-enrolment ', '"gateway"', '"office"', 'RUQ', '==', '__proto__'],
  seeds: () =>
    [
      enrolledNode(1, 'kiosk'),
      enrolledNode(2, 'gateway', { serial: Number.MAX_SAFE_INTEGER }, [officeKey, deputyKey]),
    ].map(({ enrolment: line }) => Buffer.from(line)),
  read: (input) => parseEnrolmentLine(input.toString('latin1')),
  write: (line) => formatEnrolmentLine(line.enrolment, line.signatures),
  codes: ['enrolment.malformed'],
  json: (input) => input.toString().split(' ')[1] ?? '',
  check: (line, plain) => {
    holds(
      plain['node'] === line.enrolment.node && plain['serial'] === line.enrolment.serial,
      'it says what JSON says',
    );
    holds(line.signatures.length > 0 && line.signatures.length <= 4, 'it has one signature to four');
  },
});
