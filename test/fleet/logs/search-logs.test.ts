import { appendFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { maxBlockBytes } from '../../../src/fleet/logs/blocks.ts';
import { LastLines } from '../../../src/fleet/logs/last-lines.ts';
import {
  searchLogs,
  type LogFinding,
  type LogHit,
  type LogSearch,
  type LogSearchEnd,
} from '../../../src/fleet/logs/search-logs.ts';
import { temporaryFolder } from '../../kit/kiosk.ts';

const never = new AbortController().signal;
const life = '0123456789abcdef';

function logsOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = temporaryFolder();
  Object.entries(files).forEach(([path, contents], index) => {
    const file = join(folder, life, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
    utimesSync(file, 1_000_000 - index, 1_000_000 - index); // the first is the newest
  });
  return folder;
}

async function search(
  folder: string,
  text: string,
  more: Partial<LogSearch> = {},
): Promise<{ hits: LogHit[]; end: LogSearchEnd; all: LogFinding[] }> {
  const all: LogFinding[] = [];
  const wanted = { isPattern: false, ignoreCase: false, file: '', limit: 100, stop: never, deadlineMs: 0 };
  for await (const finding of searchLogs({ folder, text, ...wanted, ...more })) all.push(finding);
  const hits = all.filter((finding) => finding.kind === 'hit');
  return { hits, end: all.at(-1) as LogSearchEnd, all };
}

test('of what grep writes, no more than the last lines and one piece are held', () => {
  const last = new LastLines(10);
  const piece = Buffer.from('7:\n'.repeat(1000));
  const held = Array.from({ length: 1000 }, () => {
    last.add(piece);
    return last.held;
  });
  expect(Math.max(...held)).toBeLessThanOrEqual(2 * piece.length);
  const long = Buffer.alloc(1000, 'x');
  for (let index = 0; index < 12; index++) last.add(Buffer.concat([long, Buffer.from(`${index}\n`)]));
  expect(last.bytes().toString()).toContain(`x2\n`);
  expect(last.held).toBeLessThanOrEqual(11 * 1002 + piece.length);
});

describe('searching the logs of a node', () => {
  it('of a block full of empty lines tells the last ones', async () => {
    const folder = logsOf({ 'var/log/empty': Buffer.alloc(3 * 1024 * 1024, '\n') });
    const { hits } = await search(folder, '^', { isPattern: true, limit: 3 });
    expect(hits.map(({ offset }) => offset)).toEqual([3_145_727, 3_145_726, 3_145_725]);
  });

  it('tells the newest lines first, the newest file first, and how far it has looked', async () => {
    const folder = logsOf({
      'var/log/syslog': 'a needle 1\nhay\na needle 2',
      'var/log/app/x.log': 'needle 3\n',
      'logs.jsonl': 'needle',
    });
    const { hits, end } = await search(folder, 'needle');
    expect(hits.map(({ path, text, offset }) => [path, text, offset])).toEqual([
      ['var/log/syslog', 'a needle 2', 15],
      ['var/log/syslog', 'a needle 1', 0],
      ['var/log/app/x.log', 'needle 3', 0],
    ]);
    expect(end).toEqual({ kind: 'end', why: 'all', hits: 3, looked: 34, total: 34, files: 2, skipped: [] });
  });

  it.each([
    { isPattern: false, ignoreCase: false },
    { isPattern: true, ignoreCase: false },
    { isPattern: false, ignoreCase: true },
  ])('finds across blocks each line that has the text, once, in order: %o', async (how) => {
    const line = `${'x'.repeat(1022)}\n`;
    const many = Array.from({ length: 12_000 }, (_, index) =>
      index % 3000 === 0 ? `find ${index}\n` : line,
    );
    const { hits } = await search(logsOf({ 'var/log/big': many.join('') }), 'find', how);
    expect(hits.map(({ text }) => text)).toEqual(['find 9000', 'find 6000', 'find 3000', 'find 0']);
  });

  it.each([false, true])(
    'finds a line that begins in one block and ends in the next once and whole, pattern: %s',
    async (isPattern) => {
      const lines = Array.from(
        { length: 40_000 },
        (_, index) => `${'x'.repeat(index % 97)} line ${index} ends`,
      );
      const { hits } = await search(logsOf({ 'var/log/x': lines.join('\n') }), 'e', {
        isPattern,
        limit: 50_000,
      });
      expect(hits.map(({ text }) => text)).toEqual(lines.toReversed());
    },
  );

  it('finds what a plain walk over the lines finds', async () => {
    const lines = fc.array(fc.stringMatching(/^[ab]{0,6}$/), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(lines, fc.stringMatching(/^[ab]{1,3}$/), fc.boolean(), async (all, text, zipped) => {
        const plain = all.join('\n');
        const folder = logsOf(zipped ? { 'var/log/x.gz': gzipSync(plain) } : { 'var/log/x': plain });
        const { hits } = await search(folder, text);
        expect(hits.map((hit) => hit.text)).toEqual(all.filter((line) => line.includes(text)).toReversed());
      }),
      { numRuns: 60 },
    );
  });

  it('reads compressed logs, newest line first, and what stands before the place where one broke off', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `${index} needle ${Math.sin(index)}\n`).join(
      '',
    );
    const whole = gzipSync(lines);
    const folder = logsOf({
      'var/log/a.1.gz': whole,
      'var/log/b.2.gz': whole.subarray(0, whole.length / 2),
      'var/log/c.xz': 'needle',
    });
    const { hits, end } = await search(folder, 'needle', { limit: 100_000 });
    expect(hits[0]?.text.startsWith('29999 ')).toBe(true);
    expect(hits.filter(({ path }) => path.endsWith('b.2.gz')).length).toBeGreaterThan(0);
    expect(end.skipped.map(({ path }) => path)).toEqual(['var/log/b.2.gz', 'var/log/c.xz']);
  });

  it('stops at the limit, with the newest', async () => {
    const folder = logsOf({ 'var/log/x': 'n 1\nn 2\nn 3\n', 'var/log/y': 'n 4\n' });
    const { hits, end } = await search(folder, 'n', { limit: 2 });
    expect(hits.map(({ text }) => text)).toEqual(['n 3', 'n 2']);
    expect(end).toMatchObject({ why: 'limit', hits: 2 });
  });

  it('stops when it is told to, and says how far it came', async () => {
    const stop = new AbortController();
    const folder = logsOf({ 'var/log/x': 'needle\n'.repeat(1_000_000) });
    const findings: LogFinding[] = [];
    const wanted = { isPattern: false, ignoreCase: false, file: '', limit: 1e9, deadlineMs: 0 };
    for await (const finding of searchLogs({ folder, text: 'x', ...wanted, stop: stop.signal })) {
      findings.push(finding);
      stop.abort();
    }
    expect(findings.at(-1)).toMatchObject({ why: 'stopped', total: 7_000_000 });
    expect((findings.at(-1) as LogSearchEnd).looked).toBeLessThan(7_000_000);
  });

  it('lets a line say what it likes', async () => {
    const folder = logsOf({ 'var/log/x': Buffer.from('\u001b[2J\tneedle \xff\u202e<script>\r\n', 'latin1') });
    const { hits } = await search(folder, 'needle');
    expect(hits[0]?.text).toMatch(/^\\u\{1b\}\[2J needle /);
    expect(hits[0]?.text).toMatch(/^[^\p{C}]*$/u);
  });

  it('keeps to its memory when a file is one line', async () => {
    const long = Buffer.alloc(3 * maxBlockBytes, 'x');
    long.write('needle', long.length - 10);
    const { hits } = await search(logsOf({ 'var/log/x': long, 'var/log/y.gz': gzipSync(long) }), 'needle');
    expect(hits).toHaveLength(2);
    expect(hits.every(({ isCut, text }) => isCut && text.length === 2000)).toBe(true);
  });

  it('looks at no link, no hidden file, and at nothing for a node without logs', async () => {
    const folder = logsOf({ 'var/log/.part': 'needle' });
    symlinkSync('/etc/passwd', join(folder, life, 'var/log/passwd'));
    symlinkSync('/etc', join(folder, life, 'etc'));
    expect((await search(folder, 'root')).end.files).toBe(0);
    expect((await search(join(folder, 'none'), 'root')).end).toMatchObject({ files: 0, why: 'all' });
  });

  it('looks only at what was there when it began', async () => {
    const folder = logsOf({ 'var/log/x': 'needle\n' });
    const wanted = { isPattern: false, ignoreCase: false, file: '', limit: 100, stop: never, deadlineMs: 0 };
    let hits = 0;
    for await (const finding of searchLogs({ folder, text: 'needle', ...wanted })) {
      appendFileSync(join(folder, life, 'var/log/x'), 'needle\n'.repeat(10));
      hits += finding.kind === 'hit' ? 1 : 0;
    }
    expect(hits).toBe(1);
  });
});

describe('a pattern', () => {
  const folder = logsOf({ 'var/log/x': `${'a'.repeat(60)}!\nError 5 äÖ\nerror 6\n` });

  it('is as grep -E has it', async () => {
    const { hits } = await search(folder, '^[Ee]rror [0-6]( .+)?$', { isPattern: true });
    expect(hits.map(({ text }) => text)).toEqual(['error 6', 'Error 5 äÖ']);
    const small = await search(folder, 'ERROR 5 ÄÖ', { ignoreCase: true });
    expect(small.hits).toHaveLength(1);
  });

  it.each(['(a+)+$', '(a|a)*$', '(a|aa)+$', '(.*a){20}$'])('%s does not run for ever', async (text) => {
    const { end } = await search(folder, text, { isPattern: true });
    expect(end.why).toBe('all');
  });

  it.each([
    ['(((a{255}){255}){255})', true],
    ['(', true],
    ['', true],
    ['a\nb', false],
    ['x'.repeat(501), false],
  ])('%s is refused', async (text, isPattern) => {
    await expect(search(folder, text, { isPattern })).rejects.toMatchObject({ code: 'fleet.pattern' });
  });

  it.each(['-f/etc/passwd', '--help', '-r'])('%s is a text, not an option', async (text) => {
    const { end } = await search(folder, text, { ignoreCase: true });
    expect(end).toMatchObject({ hits: 0, why: 'all' });
  });
});
