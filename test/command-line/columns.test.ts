/** Text that fits a terminal: measured, cut and broken by the columns it takes, not by its characters. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, labelled, errorWidth, lineWidth, table, width, wrap } from '../../src/command-line/columns.ts';
import { Readable } from 'node:stream';

describe('the width of a text', () => {
  test.each([
    ['', 0],
    ['fix-clock', 9],
    ['Überprüfung', 11],
    ['u\u0308', 1],
    ['更新', 4],
    ['サーバー', 8],
    ['ﾊﾝｶｸ', 4],
    ['한국어', 6],
    ['हिन्दी', 5],
    ['🚌 bus', 6],
  ])('of %j is %i', (text, columns) => {
    expect(width(text)).toBe(columns);
  });
});

test('a cut text fits, ends with … and begins as the whole one', () => {
  expect(cut('as it is', 8)).toBe('as it is');
  expect(cut('too long by one', 14)).toBe('too long by o…');
  expect(cut('更新時計', 6)).toBe('更新…');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      expect(width(cut(text, columns))).toBeLessThanOrEqual(Math.max(columns, 1));
    }),
  );
});

test('a broken line keeps its words, in order, and fits', () => {
  expect(wrap('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four']);
  expect(wrap('unbreakable', 4, '  ')).toEqual(['unbreakable']);
  expect(wrap('one two', Infinity, '  ')).toEqual(['one two']);
  expect(labelled('label  ', 'one two three', 14)).toEqual(['label  one two', '       three']);
  const words = fc.array(fc.stringMatching(/^[a-z]{1,10}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, (list) => {
      const lines = wrap(list.join(' '), 20, '  ');
      expect(lines.join(' ').split(/ +/)).toEqual(list);
      for (const line of lines) expect(width(line)).toBeLessThanOrEqual(20);
    }),
  );
});

test('a table has columns under each other, and cuts the last', () => {
  const rows = [
    ['SEQ', 'STATE', 'TITLE'],
    ['7', 'succeeded', 'short'],
    ['1234', 'failed', '時計を直す更新'],
  ];
  expect(table(rows, 25, new Set([0]))).toEqual([
    ' SEQ  STATE      TITLE',
    '   7  succeeded  short',
    '1234  failed     時計を…',
  ]);
  expect(table(rows, Infinity, new Set([0]))[2]).toBe('1234  failed     時計を直す更新');
});

test('a pipe has no width; a terminal has its own, or 80, and at least 40', () => {
  const io = {
    out: () => undefined,
    err: () => undefined,
    stdin: Readable.from([]),
    stderrIsTerminal: false,
    stderrIsJournal: false,
  };
  const rest = {
    program: { interpreter: '', folder: '', pid: 1 },
    env: {},
    stop: new AbortController().signal,
    keepMemorySmall: () => undefined,
  };
  const widths = [undefined, 132, 0, 12].map((stdoutColumns) =>
    lineWidth({ ...io, ...rest, stdoutIsTerminal: true, stdoutColumns }),
  );
  expect(widths).toEqual([80, 132, 80, 40]);
  expect(lineWidth({ ...io, ...rest, stdoutIsTerminal: false, stdoutColumns: 80 })).toBe(Infinity);
  const said = { ...io, ...rest, stdoutIsTerminal: true, stdoutColumns: 80, stderrColumns: 132 };
  expect(errorWidth(said)).toBe(Infinity);
  expect(errorWidth({ ...said, stderrIsTerminal: true })).toBe(132);
});
