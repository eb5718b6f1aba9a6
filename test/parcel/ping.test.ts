import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePing, signPing } from '../../src/parcel/ping.ts';
import { deputyKey, fixedKey, officeKey } from '../../fixtures/kit/keys.ts';
import { enrolledNode } from '../kit/enrolled.ts';
import { soundPing } from '../kit/fleet-arbitraries.ts';
import { codeOf } from '../kit/judge.ts';

const node = enrolledNode(1, 'gateway', { serial: Number.MAX_SAFE_INTEGER }, [
  officeKey,
  deputyKey,
  fixedKey(0xd4),
  fixedKey(0xe5),
]);
const ping = {
  node: node.guid,
  incarnation: '0123456789abcdef',
  counter: Number.MAX_SAFE_INTEGER,
  port: 65_535,
  holdings: 'fedcba9876543210',
  roster: Number.MAX_SAFE_INTEGER,
};
const sound = signPing(ping, node.key, node.enrolment).toString();

describe('a ping', () => {
  it('is written and read back the same', () => {
    fc.assert(
      fc.property(soundPing, (drawn) => {
        const read = parsePing(signPing(drawn, node.key, node.enrolment));
        expect(read.ping).toEqual(drawn);
        expect(read.enrolment).toBe(node.enrolment);
        expect(read.signature.length).toBe(64);
      }),
      { numRuns: 20 },
    );
  });

  it('fits into one datagram with everything at its longest', () => {
    expect(sound.length).toBeLessThan(1_000);
  });

  it('is refused in any other form', () => {
    for (const wrong of [
      '',
      'ferryman-ping',
      sound.replace('ferryman-ping', 'ferryman-pong'),
      sound.replace(' {', '  {'),
      sound.replace('"port":65535', '"port":65536'),
      sound.replace('"port":65535', '"port":0'),
      sound.replace('"counter"', '"count"'),
      sound.replace('"counter":9007199254740991', '"counter":-1'),
      sound.replace('"counter":9007199254740991', '"counter":9007199254740992'),
      sound.replace('0123456789abcdef', '0123456789ABCDEF'),
      sound.replace('fedcba9876543210', 'fedcba98765432'),
      sound.replace('"kind":"ping"', '"kind":"pong"'),
      sound.replace('== ferryman', '=A ferryman'),
      sound.replace('== ferryman', ' ferryman'),
      sound.replace('ferryman-enrolment', 'ferryman\u0000enrolment'),
      sound.padEnd(1_201),
    ])
      expect([wrong, codeOf(() => parsePing(Buffer.from(wrong)))]).toEqual([wrong, 'ping.malformed']);
  });

  it('is refused for any one bit that is flipped in its document or its signature', () => {
    const end = sound.indexOf(' ferryman-enrolment');
    for (let at = 0; at < end; at += 7) {
      const flipped = Buffer.from(sound);
      flipped[at] = (flipped[at] ?? 0) ^ 0x80;
      expect([at, codeOf(() => parsePing(flipped))]).toEqual([at, 'ping.malformed']);
    }
  });
});
