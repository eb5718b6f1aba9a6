/** A request that is accepted is in its one spelling. */
import { fixedKey } from '../../../fixtures/kit/keys.ts';
import { parseRequestLine, signRequest } from '../../../src/parcel/enrolment-request.ts';
import { publicKeyOf } from '../../../src/parcel/secret-key.ts';
import { formatKeyedSignature } from '../../../src/parcel/signature-block.ts';
import { guidOf } from '../../kit/enrolled.ts';
import { holds } from '../target.ts';
import { spelledTarget } from '../spelled-target.ts';

const key = fixedKey(1);

export const enrolmentRequest = spelledTarget({
  name: 'enrolment-request',
  maxBytes: 2 * 1024,
  blocksPerByte: 20,
  words: ['ferryman-request ', '"proxy"', 'AAAAC3NzaC1lZDI1NTE5AAAAI', '==', '__proto__'],
  seeds: () => [
    Buffer.from(
      signRequest(
        {
          node: guidOf(1),
          role: 'kiosk',
          identity: publicKeyOf(key),
          ssh: 'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
          host: 'AAAAC3NzaC1lZDI1NTE5AAAAICAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/',
          created: '2026-11-01T00:00:00Z',
        },
        key,
      ),
    ),
  ],
  // A line feed at the end is left out by the reader.
  read: (input) => ({
    ...parseRequestLine(input.toString('latin1')),
    end: input.at(-1) === 0x0a ? '\n' : '',
  }),
  write: ({ document, signature, end }) =>
    `ferryman-request ${document} ${formatKeyedSignature(signature)}${end}`,
  codes: ['enrolment.malformed'],
  json: (input) => input.toString().split(' ')[1] ?? '',
  check: ({ request }, plain) => {
    holds(plain['node'] === request.node && plain['ssh'] === request.ssh, 'it says what JSON says');
  },
});
