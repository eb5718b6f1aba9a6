import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import { readScenario, type TimeToLive } from '../../tools/simulate/read-scenario.ts';
import type { Scenario } from '../../tools/simulate/scenario.ts';

const contacts = '0 CONN 1 2 up\n5.5 CONN 1 2 down\n';
const messages =
  '# time  ID  size  fromHost  toHost  TTL  isResponse\n1.0 M1 500 c1 p2 300 N \n2 M2 7 2 1 n/a Y\n';

function read(contactsText: string, messagesText: string, ttl: TimeToLive = Infinity): Scenario {
  return readScenario({ name: 'C', text: contactsText }, { name: 'M', text: messagesText }, ttl);
}

function refusal(contactsText: string, messagesText: string, ttl?: TimeToLive): string {
  try {
    read(contactsText, messagesText, ttl);
  } catch (error) {
    if (error instanceof FerrymanError) return error.message;
    throw error;
  }
  return 'accepted';
}

function expiries(ttl: TimeToLive): number[] {
  return read(contacts, messages, ttl).messages.map((each) => each.expiresAt);
}

describe('the reports of The ONE', () => {
  it('are read, with letters before a node or without', () => {
    expect(read(contacts, messages)).toEqual({
      nodes: ['1', '2'],
      contacts: [
        { at: 0, a: 0, b: 1, isUp: true },
        { at: 5.5, a: 0, b: 1, isUp: false },
      ],
      messages: [
        { index: 0, id: 'M1', createdAt: 1, bytes: 500, from: 0, to: 1, sequence: 1, expiresAt: Infinity },
        { index: 1, id: 'M2', createdAt: 2, bytes: 7, from: 1, to: 0, sequence: 1, expiresAt: Infinity },
      ],
    });
  });

  it('give each message its time to live, when that is asked for', () => {
    expect(expiries('file')).toEqual([1 + 300 * 60, Infinity]);
    expect(expiries(2)).toEqual([121, 122]);
  });

  it('may have Windows line ends, empty lines, comments, an interface behind, capitals', () => {
    const odd = `# by hand\r\n\r\n${contacts.replaceAll('\n', '\r\n')}6 CONN 1 2 UP Bluetooth\r\n`;
    expect(read(odd, messages).contacts).toHaveLength(3);
  });

  it('name one node however it is written', () => {
    const { nodes } = read('0 CONN c42 7 up\n1 CONN 42 p007 down\n2 CONN t0 0042 up\n', '');
    expect(nodes).toEqual(['42', '7', '0']);
  });

  it.each([
    ['0 CONN 1 2 up\n1 CONN 1 2\n', 'C, line 2: expected "time CONN a b up" or "… down", found "1 CONN 1 2"'],
    ['0 CONN 1 2 open\n', 'C, line 1: expected up or down, found "open"'],
    ['0 C M1 1 2\n', 'C, line 1: expected "time CONN a b up" or "… down", found "0 C M1 1 2"'],
    ['soon CONN 1 2 up\n', 'C, line 1: expected a time in seconds, found "soon"'],
    ['-1 CONN 1 2 up\n', 'C, line 1: expected a time in seconds, found "-1"'],
    ['0 CONN a b up\n', 'C, line 1: expected a node like 42 or c42, found "a"'],
    ['0 CONN c1 1 up\n', 'C, line 1: expected two nodes, found c1 twice'],
    ['#\n\n9 CONN 1 2 up\n8 CONN 1 2 down\n', 'C, line 4: expected a time from 9 on, found 8'],
    ['\u001b[31m\n', 'C, line 1: expected "time CONN a b up" or "… down", found "?[31m"'],
  ])('that are wrong are refused with the line: contacts %j', (text, message) => {
    expect(refusal(text, messages)).toBe(message);
  });

  it.each([
    [
      '1 M1 500 1 2 300\n',
      undefined,
      'M, line 1: expected "time ID size from to TTL isResponse", found "1 M1 500 1 2 300"',
    ],
    ['1 M1 big 1 2 300 N\n', undefined, 'M, line 1: expected a size in bytes, found "big"'],
    ['1 M1 5 1 2 300 N\n1 M1 5 1 2 300 N\n', undefined, 'M, line 2: M1 was made in line 1 already'],
    ['2 M1 5 1 2 300 N\n1 M2 5 1 2 300 N\n', undefined, 'M, line 2: expected a time from 2 on, found 1'],
    ['1 M1 5 1 2 long N\n', 'file', 'M, line 1: expected a TTL in minutes or n/a, found "long"'],
  ] as const)('that are wrong are refused with the line: messages %j', (text, ttl, message) => {
    expect(refusal(contacts, text, ttl)).toBe(message);
  });

  it('of whatever content are read or refused in words', () => {
    const word = fc.constantFrom(
      '0',
      '1',
      'c1',
      'CONN',
      'up',
      'down',
      'M',
      '#',
      'n/a',
      'N',
      '\t',
      '-5',
      '1e9',
      '\u0000',
    );
    const text = fc
      .array(fc.array(word, { maxLength: 8 }), { maxLength: 5 })
      .map((lines) => lines.map((each) => each.join(' ')).join('\n'));
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(refusal(one, other, 'file')).toMatch(/^(?:accepted|[CM], line \d+: .+)$/);
      }),
    );
  });
});
