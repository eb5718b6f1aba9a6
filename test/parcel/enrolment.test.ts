import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deputyKey, fixedKey, officeKey } from '../../fixtures/kit/keys.ts';
import {
  cosignEnrolment,
  formatEnrolment,
  formatEnrolmentLine,
  parseEnrolmentLine,
  signEnrolment,
} from '../../src/parcel/enrolment.ts';
import { parseRequestLine, signRequest } from '../../src/parcel/enrolment-request.ts';
import { pack } from '../../src/parcel/public-key.ts';
import { publicKeyOf, signDigest } from '../../src/parcel/secret-key.ts';
import { formatComment, parseComment } from '../../src/parcel/signature-block.ts';
import { verifyRequest } from '../../src/verify/enrolment-request.ts';
import { codeOf } from '../kit/judge.ts';
import { enrolledNode, guidOf } from '../kit/enrolled.ts';
import { soundEnrolment, soundRequest } from '../kit/fleet-arbitraries.ts';

const identity = pack(publicKeyOf(fixedKey(1))).toString('base64');
const document = {
  format: 'ferryman/1',
  kind: 'enrolment',
  node: guidOf(1),
  role: 'kiosk',
  serial: 7,
  identity,
  created: '2026-11-01T00:00:00Z',
};
const signature = enrolledNode(1, 'kiosk').enrolment.split(' ')[2] ?? '';

function line(changes: Readonly<Record<string, unknown>> = {}, ...signatures: readonly string[]): string {
  const words = signatures.length === 0 ? [signature] : signatures;
  return ['ferryman-enrolment', JSON.stringify({ ...document, ...changes }), ...words].join(' ');
}

describe('the line of an enrolment', () => {
  it('is written and read back the same, with one signature to four', () => {
    const signers = [officeKey, deputyKey, fixedKey(0xd4), fixedKey(0xe5)];
    fc.assert(
      fc.property(soundEnrolment, fc.subarray(signers, { minLength: 1 }), (enrolment, keys) => {
        const [first = officeKey, ...others] = keys;
        const text = others.reduce(
          (signed, key) => cosignEnrolment(signed, key),
          signEnrolment(enrolment, first),
        );
        const read = parseEnrolmentLine(text);
        expect(read.enrolment).toEqual(enrolment);
        expect(read.document).toBe(formatEnrolment(enrolment));
        expect(read.signatures.map(({ keyId }) => keyId)).toEqual(keys.map(({ keyId }) => keyId).toSorted());
        expect(formatEnrolmentLine(read.enrolment, read.signatures)).toBe(text);
      }),
      { numRuns: 20 },
    );
  });

  it('is read as it is spelled by other code', () => {
    expect(parseEnrolmentLine(line()).enrolment).toMatchObject({ node: guidOf(1), role: 'kiosk', serial: 7 });
  });

  it('with four signatures and the longest role fits into a trusted comment', () => {
    const offices = [officeKey, deputyKey, fixedKey(0xd4), fixedKey(0xe5)];
    const { enrolment, key } = enrolledNode(1, 'gateway', { serial: Number.MAX_SAFE_INTEGER }, offices);
    const comment = formatComment([signDigest('00'.repeat(64), key, enrolment)]);
    expect(parseComment(comment)[0]?.trustedComment).toBe(enrolment);
  });

  it.each<[string, unknown]>([
    ['format', 'ferryman/2'],
    ['kind', 'enrolment-request'],
    ['node', guidOf(1).toUpperCase()],
    ['node', ''],
    ['role', 'bus'],
    ['serial', 0],
    ['serial', 1.5],
    ['serial', 2 ** 53],
    ['serial', '7'],
    ['identity', identity.slice(0, -4)],
    ['identity', `${identity.slice(0, -1)} `],
    ['identity', identity.replace('RW', 'RX')],
    ['identity', ''],
    ['created', '2026-11-01'],
    ['title', 'x'],
  ])('is refused with the wrong %s %j', (key, value) => {
    expect(codeOf(() => parseEnrolmentLine(line({ [key]: value })))).toBe('enrolment.malformed');
  });

  it('is refused without any one of its keys', () => {
    for (const key of Object.keys(document))
      expect([key, codeOf(() => parseEnrolmentLine(line({ [key]: undefined })))]).toEqual([
        key,
        'enrolment.malformed',
      ]);
  });

  it('has one spelling', () => {
    const other = enrolledNode(1, 'kiosk', {}, [deputyKey]).enrolment.split(' ')[2] ?? '';
    const sound = line();
    for (const wrong of [
      '',
      'ferryman-enrolment',
      'ferryman-enrolment {}',
      `${sound}\n`,
      ` ${sound}`,
      `${sound} `,
      sound.replace('ferryman-enrolment', 'ferryman-request'),
      sound.replace(' {', '  {'),
      sound.replace('"serial":7', '"serial":7.0'),
      sound.replace('"role"', '"r\\u006fle"'),
      sound.replace('kiosk', 'kiosk\u0000'),
      sound.replace('=', ''),
      line({}, signature.replace('RUS', 'RWS').replace('RU', 'RW')),
      line({}, signature, signature),
      line({}, other, signature),
      line({}, ...Array.from({ length: 5 }, () => signature)),
    ])
      expect([wrong, codeOf(() => parseEnrolmentLine(wrong))]).toEqual([wrong, 'enrolment.malformed']);
    expect(codeOf(() => parseEnrolmentLine(line({}, signature, other)))).toBeUndefined();
  });

  it('takes no second signature of one key, and no fifth', () => {
    const offices = [1, 2, 3, 4].map((n) => fixedKey(0x10 * n));
    const full = enrolledNode(1, 'kiosk', {}, offices).enrolment;
    expect(codeOf(() => cosignEnrolment(full, fixedKey(0x10)))).toBe('sign.already-signed');
    expect(codeOf(() => cosignEnrolment(full, officeKey))).toBe('sign.too-many');
  });
});

describe('a request for an enrolment', () => {
  const key = fixedKey(1);
  const request = {
    node: guidOf(1),
    role: 'kiosk' as const,
    identity: publicKeyOf(key),
    ssh: 'AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
    host: 'AAAAC3NzaC1lZDI1NTE5AAAAICAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/',
    created: '2026-11-01T00:00:00Z',
  };
  const sound = signRequest(request, key);

  it('is written and read back the same', () => {
    fc.assert(
      fc.property(soundRequest, (drawn) => {
        expect(parseRequestLine(signRequest(drawn, key)).request).toEqual(drawn);
      }),
      { numRuns: 20 },
    );
  });

  it('is believed when the key in it has signed it', () => {
    expect(verifyRequest(sound)).toEqual(request);
    expect(verifyRequest(sound.trimEnd())).toEqual(request);
  });

  it('is refused in any other form', () => {
    for (const wrong of [
      '',
      `${sound}\n`,
      sound.replace('ferryman-request', 'ferryman-enrolment'),
      sound.replace('\n', ' x\n'),
      sound.replace('AAAAC3', 'AAAAB3'),
      sound.replace('HR4f', 'HR4'),
      sound.replace('HR4f', 'ssh-ed25519'),
      sound.replace('"kiosk"', '"bus"'),
      sound.replace('enrolment-request', 'enrolment'),
    ])
      expect([wrong, codeOf(() => verifyRequest(wrong))]).toEqual([wrong, 'enrolment.malformed']);
  });

  it('is refused when it was changed, or signed by another key', () => {
    expect(codeOf(() => verifyRequest(sound.replace('kiosk', 'proxy')))).toBe('enrolment.bad-signature');
    expect(codeOf(() => verifyRequest(signRequest(request, officeKey)))).toBe('enrolment.other-key');
    const impostor = { ...officeKey, keyId: key.keyId };
    expect(codeOf(() => verifyRequest(signRequest(request, impostor)))).toBe('enrolment.bad-signature');
  });

  it('is refused with a key for which anybody can sign', () => {
    const weak = {
      ...request,
      identity: { keyId: key.keyId, bytes: Buffer.from('01'.padEnd(64, '0'), 'hex') },
    };
    expect(codeOf(() => verifyRequest(signRequest(weak, key)))).toBe('key.weak');
  });
});
