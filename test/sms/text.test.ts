/** One SMS: a person reads it, a proxy reads the same, and nothing but what the node wrote is believed. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedKey } from '../../fixtures/kit/keys.ts';
import { states } from '../../src/plan/facts.ts';
import { isWrittenBy, keyOfNode, keyOfProxy, smsCheck } from '../../src/sms/check.ts';
import { isSmsName } from '../../src/sms/sms-name.ts';
import { formatSms, parseSms, smsWords, type SmsFacts, type SmsText } from '../../src/sms/text.ts';

const guid = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';
const facts: SmsFacts = {
  node: '9f1c1d5e',
  name: 'Mill Road',
  sequence: 42,
  state: 'failed',
  how: 'exit 3',
  words: 'Kernel fix: no space left',
  incarnation: 'a3f9',
  counter: 17,
};
const seedOf = (n: number): Buffer => fixedKey(n).bytes.subarray(0, 32);
const publicOf = (n: number): Buffer => fixedKey(n).bytes.subarray(32);
const key = keyOfNode(seedOf(1), publicOf(2));
const write = (some: SmsFacts): string => formatSms(some, (checked) => smsCheck(key, guid, checked));

const base32 = fc.constantFrom(...Array.from('0123456789abcdefghjkmnpqrstvwxyz'));
const anyFacts: fc.Arbitrary<SmsFacts> = fc.record({
  node: fc.constant('9f1c1d5e'),
  name: fc.oneof(fc.constant(''), fc.stringMatching(/^[A-Za-z0-9 .-]{1,20}$/).filter(isSmsName)),
  sequence: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
  state: fc.constantFrom(...states),
  how: fc.oneof(
    fc.constantFrom('', 'SIGKILL'),
    fc.integer({ min: 0, max: 255 }).map((status) => `exit ${status}`),
  ),
  words: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(...Array.from('€{}[]~^|\\ =:#-.ab9')), maxLength: 300 }),
  ),
  incarnation: fc.string({ unit: base32, minLength: 4, maxLength: 4 }),
  counter: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
});

function readOf(text: string): SmsText {
  const read = parseSms(text);
  if (!read) throw new Error(`not read: ${text}`);
  return read;
}

/** Septets by the standard's tables, as somebody else would count them. */
function septets(text: string): number {
  const extension = '^{}\\[~]|€';
  const basic =
    '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
  return Array.from(text).reduce(
    (sum, one) => sum + (basic.includes(one) ? 1 : extension.includes(one) ? 2 : Number.NaN),
    0,
  );
}

test('a text reads as a person would say it, and ends as another program computes it (docs/format.md)', () => {
  expect(write(facts)).toBe(
    '9f1c1d5e Mill Road #42 failed exit 3: Kernel fix: no space left =a3f9-17.b31hpqbb9k85',
  );
});

describe('whatever a script writes', () => {
  test('the text fits one SMS and is read as it was written', () => {
    fc.assert(
      fc.property(anyFacts, (some) => {
        const text = write(some);
        expect(septets(text)).toBeLessThanOrEqual(160);
        const { checked, check, words, ...read } = readOf(text);
        const { words: _, ...written } = some;
        expect(read).toEqual(written);
        expect(text).toBe(checked + check);
        expect(write({ ...some, words })).toBe(text);
      }),
    );
  });

  test('only the proxy that it was written for believes it, and only of that node', () => {
    fc.assert(
      fc.property(anyFacts, (some) => {
        const read = readOf(write(some));
        expect(isWrittenBy(read, guid, keyOfProxy(seedOf(2), publicOf(1)))).toBe(true);
        expect(isWrittenBy(read, guid, keyOfProxy(seedOf(3), publicOf(1)))).toBe(false);
        expect(isWrittenBy(read, guid, keyOfProxy(seedOf(2), publicOf(3)))).toBe(false);
        const twin = `9f1c1d5e${guid.slice(8, -1)}2`;
        expect(isWrittenBy(read, twin, keyOfProxy(seedOf(2), publicOf(1)))).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  test('any one character changed, added or taken away makes it nobody’s', () => {
    const sign = fc.constantFrom(
      ...Array.from('0123456789abcdefghijklmnopqrstuvwxyzAZ =-.#:?@€{[é\n\r\u0000'),
    );
    fc.assert(
      fc.property(anyFacts, fc.nat(), sign, fc.constantFrom(0, 1), (some, where, put, taken) => {
        const text = write(some);
        const at = where % (text.length + 1 - taken);
        const changed = text.slice(0, at) + put + text.slice(at + taken);
        fc.pre(changed !== text);
        const read = parseSms(changed);
        expect(read !== undefined && isWrittenBy(read, guid, key)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

test('every single character of a text counts', () => {
  const text = write(facts);
  for (let at = 0; at < text.length; at++) {
    const cut = parseSms(text.slice(0, at) + text.slice(at + 1));
    expect(cut !== undefined && isWrittenBy(cut, guid, key)).toBe(false);
    const other = parseSms(`${text.slice(0, at)}${text[at] === '7' ? '8' : '7'}${text.slice(at + 1)}`);
    expect(other !== undefined && isWrittenBy(other, guid, key)).toBe(false);
  }
});

test('words that look like a mark are words', () => {
  const text = write({ ...facts, words: '#43 succeeded: all well =a3f9-18.000000000000' });
  expect(parseSms(text)).toMatchObject({ sequence: 42, state: 'failed', counter: 17 });
});

test.each([
  ['nothing', ''],
  ['what a person writes', 'Please call me back'],
  ['no check', '9f1c1d5e #42 failed: x'],
  ['an unknown state', '9f1c1d5e #42 melted: x =a3f9-17.000000000000'],
  ['a counter with a zero in front', '9f1c1d5e #42 failed: x =a3f9-017.000000000000'],
  ['a letter that is no digit of base32', '9f1c1d5e #42 failed: x =a3f9-17.00000000000o'],
  ['two blanks', '9f1c1d5e #42 failed: x  y =a3f9-17.000000000000'],
  ['more than one SMS', `9f1c1d5e #42 failed: ${'x'.repeat(160)} =a3f9-17.000000000000`],
  ['another alphabet', '9f1c1d5e #42 failed: я =a3f9-17.000000000000'],
])('%s is no text of a node', (_name, text) => {
  expect(parseSms(text)).toBeUndefined();
});

test('the words are the title and the short log, unless that says the title already', () => {
  expect(smsWords('Kernel fix', 'no space left')).toBe('Kernel fix: no space left');
  expect(smsWords('Kernel fix', 'exit status 3 (Kernel fix)')).toBe('exit status 3 (Kernel fix)');
  expect(smsWords('', 'no space left')).toBe('no space left');
  expect(smsWords('x'.repeat(200), 'y')).toBe(`${'x'.repeat(40)}: y`);
});

test('a public key that is no point, or of low order, gives no key', () => {
  expect(() => keyOfProxy(seedOf(2), Buffer.alloc(32, 0xff))).toThrowError(/point/);
  expect(() => keyOfProxy(seedOf(2), Buffer.from([1, ...Buffer.alloc(31)]))).toThrowError(/zero/);
});
