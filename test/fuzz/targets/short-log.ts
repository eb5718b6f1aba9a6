/** Any bytes that a script leaves as its short log become text that fits one SMS. */
import { toShortLog } from '../../../src/report/gsm7.ts';
import { holds, type Target } from '../target.ts';

export const shortLog: Target = {
  name: 'short-log',
  maxBytes: 4 * 1024,
  blocksPerByte: 10,
  words: ['€', '\u0301', '\u202e', '\x1b[2J', '[', '{', '\ufeff', '\u2028', 'é', '😀'],
  seeds: () =>
    ['', 'done', 'x'.repeat(200), '€'.repeat(100), 'e\u0301 \r\n \t z'].map((text) => Buffer.from(text)),
  run(input) {
    const text = toShortLog(input.toString());
    const septets = text.length + text.replaceAll(/[^^{}\\[~\]|€]/g, '').length;
    holds(septets <= 160, 'a short log fits one SMS');
    holds(!/[\p{C}\p{Zl}\p{Zp}]/u.test(text), 'a short log is one line that no terminal acts on');
    holds(toShortLog(text) === text, 'a short log stays as it is');
    return septets > 150 ? 'full' : 'short';
  },
};
