/** Short logs fit one SMS: 160 septets of the GSM 7-bit alphabet. Source: 3GPP TS 23.038, §6.2.1. */
import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toShortLog } from '../../src/report/gsm7.ts';

/** The default alphabet as the standard's table has it, without LF, CR and ESC. */
const basic =
  '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const extension = '^{}\\[~]|€';

/** Septets that a text takes; `undefined` when it does not fit the alphabet. */
function septets(text: string): number | undefined {
  let sum = 0;
  for (const character of text) {
    if (basic.includes(character)) sum += 1;
    else if (extension.includes(character)) sum += 2;
    else return undefined;
  }
  return sum;
}

test('every character of the alphabet stands as it is, and no other', () => {
  expect(Array.from(basic)).toHaveLength(125);
  for (const character of Array.from(basic + extension).filter((one) => one !== ' '))
    expect(toShortLog(character)).toBe(character);
  for (const character of ['ç', 'ê', 'Ā', 'я', '中', '😀', '`', '\u0000', '\u001b', '\u202e', '\ud800'])
    expect([character, toShortLog(`a${character}b`)]).toEqual([character, 'a?b']);
});

describe('the cut', () => {
  test('comes after 160 characters', () => {
    expect(toShortLog('x'.repeat(160))).toBe('x'.repeat(160));
    expect(toShortLog(`${'x'.repeat(160)}y`)).toBe('x'.repeat(160));
  });

  test('comes after 80 characters of the extension table, which count double', () => {
    expect(toShortLog('€'.repeat(81))).toBe('€'.repeat(80));
    expect(toShortLog('{'.repeat(200))).toBe('{'.repeat(80));
  });

  test('never splits a character: one of two septets does not go into the last one', () => {
    expect(toShortLog(`${'x'.repeat(159)}€y`)).toBe('x'.repeat(159));
    expect(toShortLog(`${'x'.repeat(158)}€y`)).toBe(`${'x'.repeat(158)}€`);
    expect(toShortLog('😀'.repeat(161))).toBe('?'.repeat(160));
  });
});

test('a text that is cut after a blank ends before it', () => {
  expect(toShortLog(`${'x'.repeat(159)} y`)).toBe('x'.repeat(159));
});

test('a text becomes one line, its blanks single', () => {
  expect(toShortLog('  disk full\r\n\tat /var\f\v \n')).toBe('disk full at /var');
  expect(toShortLog('\n\n')).toBe('');
});

test('composed and decomposed accents are the same', () => {
  expect(toShortLog('u\u0308ber a\u030angstro\u0308m')).toBe('über ångström');
});

test('whatever a script writes, the result fits and is its own short log', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 400 }), (text) => {
      const short = toShortLog(text);
      expect(septets(short)).toBeLessThanOrEqual(160);
      expect(short).not.toMatch(/[\r\n]/);
      expect(toShortLog(short)).toBe(short);
    }),
  );
});
