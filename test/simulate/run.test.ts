import { join } from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { ProgressBar } from '../../tools/simulate/progress-bar.ts';
import { run } from '../../tools/simulate/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferryman-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const village = join(import.meta.dirname, '../../fixtures/traces/village');
const trace = ['--contacts', `${village}.contacts.txt`, '--messages', `${village}.messages.txt`];

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function called(argv: readonly string[]): { out: string; err: string; exit: number } {
  let [out, err] = ['', ''];
  const exit = run(argv, {
    out: (text) => (out += text),
    terminal: { isTerminal: false, write: (text) => (err += text), now: () => 0 },
  });
  return { out, err, exit };
}

describe('npm run simulate', () => {
  it('tells what became of the messages', () => {
    expect(called([...trace, '--buffer-mb', '5', '--kbps', '250', '--ttl-min', '1440'])).toMatchSnapshot();
  });

  it('tells as much as JSON, and the delay of every message', () => {
    const { out, exit } = called([...trace, '--json']);
    expect(exit).toBe(0);
    const { messages, ...rest } = JSON.parse(out) as { messages: unknown[] };
    expect(messages).toHaveLength(96);
    expect(messages[0]).toEqual({ id: 'M1', delaySeconds: expect.any(Number) });
    expect(rest).toMatchSnapshot();
  });

  it('explains itself', () => {
    expect(called(['--help'])).toMatchSnapshot();
  });

  it('takes a trace without anything in it', () => {
    const empty = file('empty', '');
    const { out, exit } = called(['--contacts', empty, '--messages', empty]);
    expect(exit).toBe(0);
    expect(out).toContain('nothing was delivered');
  });

  it('says how often a contact came up twice, and goes on', () => {
    const contacts = file('twice', '0 CONN 1 2 up\n1 CONN 2 1 up\n2 CONN 1 2 down\n3 CONN 1 2 down\n');
    const { err, exit } = called(['--contacts', contacts, '--messages', file('none', '')]);
    expect(exit).toBe(0);
    expect(err).toContain('2 times a contact came up that was up, or went down that was not');
  });

  it.each([
    [['--contacts', 'x'], '--messages: expected a file, found nothing', 64],
    [['--messages', 'x'], '--contacts: expected a file, found nothing', 64],
    [[...trace, '--buffer-mb', '0'], '--buffer-mb: expected a number above 0, found "0"', 64],
    [[...trace, '--kbps', 'fast'], '--kbps: expected a number above 0, found "fast"', 64],
    [[...trace, '--ttl-min=-1'], '--ttl-min: expected a number above 0, found "-1"', 64],
    [
      [...trace, '--policy', 'luck'],
      '--policy: expected one of ferryman, maxprop, epidemic, found "luck"',
      64,
    ],
    [[...trace, '--fast'], "Unknown option '--fast'", 64],
    [['--contacts', '/no/such', '--messages', 'x'], '/no/such: expected a file, found nothing', 66],
    [['--contacts', '/', '--messages', 'x'], '/: EISDIR', 74],
    [['--contacts', file('bad', '0 CONN 1 2 up\nhello\n'), '--messages', 'x'], 'expected a file', 66],
    [
      ['--contacts', file('worse', '0 CONN 1 2 up\nhello\n'), '--messages', file('some', '')],
      'worse, line 2: expected "time CONN a b up" or "… down", found "hello"',
      64,
    ],
  ])('%j is refused in words', (argv, words, status) => {
    const { out, err, exit } = called(argv);
    expect([out, exit]).toEqual(['', status]);
    expect(err).toContain(words);
    expect(err).toMatch(/^simulate: .*\n {2}hint: .*\n$/);
  });
});

function shown(isTerminal: boolean, ...steps: readonly (readonly [ms: number, done: number])[]): string {
  let [text, now] = ['', 0];
  const bar = new ProgressBar({ isTerminal, write: (more) => (text += more), now: () => now });
  for (const [ms, done] of steps) {
    now = ms;
    bar.show(done);
  }
  bar.end();
  return text;
}

describe('the bar', () => {
  it('is shown on a terminal after two seconds, with the time that is left, and is wiped away', () => {
    expect(shown(true, [1999, 0.1], [2000, 0.25], [2100, 0.3], [4000, 1])).toBe(
      `\r\u001b[K[${'#'.repeat(10)}${'.'.repeat(30)}] 25 %, about 6 s left` +
        `\r\u001b[K[${'#'.repeat(40)}] 100 %, about 0 s left\r\u001b[K`,
    );
  });

  it('is not shown where nobody waits: no terminal, or done at once', () => {
    expect(shown(false, [9999, 0.5])).toBe('');
    expect(shown(true, [100, 0.5])).toBe('');
  });
});
