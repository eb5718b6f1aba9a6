/** When colours are shown. Spec: no-color.org. */
import { expect, test } from 'vitest';
import { painter } from '../../src/command-line/paint.ts';

test.each([
  [true, {}, true],
  [true, { TERM: 'xterm-256color' }, true],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '0' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, {}, false],
  [false, { FORCE_COLOR: '1' }, true],
  [false, { FORCE_COLOR: '' }, false],
  [true, { FORCE_COLOR: '0' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('terminal %s with %j: colours %s', (stdoutIsTerminal, env, coloured) => {
  const paint = painter({ stdoutIsTerminal, env });
  expect(paint('bad', 'failed')).toBe(coloured ? '\u001b[1;31mfailed\u001b[0m' : 'failed');
  expect([paint('plain', 'text'), paint('good', '')]).toEqual(['text', '']);
});
