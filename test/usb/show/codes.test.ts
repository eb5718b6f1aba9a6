import { describe, expect, test } from 'vitest';
import { errorTable, type ErrorCode } from '../../../src/errors.ts';
import { states } from '../../../src/plan/facts.ts';
import {
  anythingElse,
  isPhoneCode,
  phoneCodeOf,
  phoneCodeOfState,
  phoneCodes,
  type PhoneCodeName,
} from '../../../src/usb/show/codes.ts';

const errors = Object.keys(errorTable) as ErrorCode[];
const names = Object.keys(phoneCodes) as PhoneCodeName[];

describe('the codes that are read out over the phone', () => {
  test('are U and two digits that a lamp can count out', () => {
    expect(names.filter((name) => !/^U[1-9][1-9]$/.test(name))).toEqual([]);
  });

  test('say what has happened and what to do, in short sentences that fit the page', () => {
    const sentences = Object.values(phoneCodes).flatMap(({ means, act }) => [means, act]);
    expect(sentences.filter((sentence) => !/^[A-Z].*\.$/.test(sentence) || sentence.length > 60)).toEqual([]);
  });

  test('there is one for every error of a key, and it is not the one for anything else', () => {
    const ofKeys = errors.filter((code) => code.startsWith('usb.'));
    expect(ofKeys.length).toBeGreaterThan(15);
    expect(ofKeys.filter((code) => phoneCodeOf(code) === anythingElse)).toEqual([]);
  });

  test('errors of a pass are U1x, errors of a full kiosk U31, errors of a signature U4x', () => {
    const ofPasses = errors.filter((code) => code.startsWith('usb.pass-')).map(phoneCodeOf);
    expect(ofPasses.filter((name) => !name.startsWith('U1'))).toEqual([]);
    expect(new Set(ofPasses).size).toBe(ofPasses.length);
    const full = errors.filter((code) => code.endsWith('.disk-full')).map(phoneCodeOf);
    expect(new Set(full)).toEqual(new Set(['U31']));
    const ofSignatures = errors.filter((code) => code.startsWith('verify.')).map(phoneCodeOf);
    expect(new Set(ofSignatures)).toEqual(new Set(['U41', 'U42', 'U43']));
  });

  test('an update that has not worked has one, one that has worked or may yet has none', () => {
    const withCode = states.filter((state) => phoneCodeOfState(state) !== undefined);
    expect(withCode).toEqual(['not-for-me', 'expired', 'refused', 'failed', 'timed-out', 'interrupted']);
  });

  test('none of them is never said', () => {
    const said = new Set([...errors.map(phoneCodeOf), ...states.map(phoneCodeOfState)]);
    expect(names.filter((name) => !said.has(name))).toEqual([]);
  });

  test('nothing else is taken for one', () => {
    expect([undefined, '', 'U', 'U99', 'toString', '__proto__'].filter(isPhoneCode)).toEqual([]);
  });
});
