/** `history` and its filters. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanUp } from '../controller/at-work.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { linesWiderThan, withoutColours } from '../kit/screen.ts';
import { everythingHappened, minute } from './eventful-node.ts';
import { typed, type Surroundings } from './typed.ts';

let root: string;
beforeAll(() => {
  root = temporaryFolder();
  everythingHappened(root).ledger.close();
});
afterAll(cleanUp);

async function history(argv: readonly string[], surroundings: Surroundings = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await typed(['history', ...argv, '--root', root], surroundings);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

interface Found {
  readonly updates: readonly {
    sequence: number | null;
    receivedAt: string;
    retryAfterSeconds: number | null;
  }[];
  readonly refusals: readonly object[];
}

async function found(...argv: string[]): Promise<Found> {
  return JSON.parse(await history([...argv, '--json'])) as Found;
}

async function sequences(...argv: string[]): Promise<(number | null)[]> {
  return (await found(...argv)).updates.map(({ sequence }) => sequence);
}

describe('the table', () => {
  test('fits a terminal of 80 columns', async () => {
    const text = await history([], { terminal: true, env: { NO_COLOR: '1' } });
    expect(linesWiderThan(80, text)).toEqual([]);
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'screens/history-terminal.txt'));
  });

  test('is whole in a pipe', async () => {
    await expect(await history([])).toMatchFileSnapshot(
      join(import.meta.dirname, 'screens/history-pipe.txt'),
    );
  });

  test('has colours on a terminal, which say nothing that the words do not', async () => {
    const coloured = await history([], { terminal: true });
    expect(coloured).toContain('\u001b[1;31mfailed\u001b[0m');
    expect(withoutColours(coloured)).toBe(await history([], { terminal: true, env: { TERM: 'dumb' } }));
  });
});

describe('only', () => {
  test.each<[string[], (number | null)[]]>([
    [['--state', 'waiting'], [6]],
    [
      ['--state', 'deferred', '--state', 'expired'],
      [10, 8],
    ],
    [['--failed'], [11, 9, 4]],
    [
      ['--failed', '--state', 'waiting'],
      [11, 9, 6, 4],
    ],
    [['--channel', 'flood'], [8]],
    [
      ['--channel', 'flood', '--channel', 'usb'],
      [null, 12, 8],
    ],
    [['--sequence', '9'], [9]],
    [
      ['--sequence', '4-6', '--sequence', '12'],
      [12, 12, 6, 5, 4],
    ],
    [
      ['--title', 'MAPS'],
      [12, 12, 5],
    ],
    [['--title', '時計'], [11]],
    [['--title', '%'], []],
    [['--title', 'maps', '--channel', 'usb', '--state', 'refused'], [12]],
    [
      ['--limit', '2'],
      [null, 12],
    ],
    [['--failed', '--limit', '1'], [11]],
  ])('%j', async (argv, expected) => {
    expect(await sequences(...argv)).toEqual(expected);
  });

  test('what was received since a time, and before one', async () => {
    const { updates } = await found();
    const fourth = updates.at(-4);
    const after = updates.slice(0, -3).map(({ sequence }) => sequence);
    expect(await sequences('--since', fourth?.receivedAt ?? '')).toEqual(after);
    expect(await sequences('--until', fourth?.receivedAt ?? '')).toEqual([5, 4, 3]);
    expect(await sequences('--since', '2020-03-10', '--until', '2020-03-11')).toHaveLength(updates.length);
    expect(await sequences('--since', '2020-03-11T00:00:00+01:00')).toEqual([]);
  });

  test('what was received so long ago, by the clock', async () => {
    const days = Math.ceil((Date.now() - Date.parse(minute(0))) / 86_400_000);
    expect(await sequences('--since', `${days}d`)).not.toEqual([]);
    expect(await sequences('--since', '1d')).toEqual([]);
    expect(await sequences('--until', '1d', '--sequence', '3')).toEqual([3]);
  });

  test('refused files, which have a channel and a time and nothing else, are left out where more is asked for', async () => {
    expect((await found('--channel', 'usb')).refusals).toHaveLength(1);
    expect((await found('--channel', 'flood')).refusals).toEqual([]);
    expect((await found('--until', minute(3))).refusals).toEqual([]);
    for (const argv of [['--failed'], ['--state', 'refused'], ['--sequence', '1-99'], ['--title', 'a']])
      expect((await found(...argv)).refusals).toEqual([]);
  });

  test('nothing says so', async () => {
    expect(await history(['--title', 'no such title'])).toBe('nothing like that has arrived here\n');
  });
});

test('a deferred update has the seconds until it is tried again, any other none', async () => {
  const { updates } = await found();
  const waits = updates.filter(({ retryAfterSeconds }) => retryAfterSeconds !== null);
  expect(waits.map(({ sequence }) => sequence)).toEqual([8]);
  expect(waits[0]?.retryAfterSeconds).toBeGreaterThan(99_000);
});

test.each([
  [['--state', 'lost']],
  [['--channel', 'pigeon']],
  [['--sequence', '9-4']],
  [['--sequence', 'x']],
  [['--since', 'yesterday']],
  [['--since', '2020-02-30']],
  [['--until', '7w']],
])('%j is refused', async (argv) => {
  const { exitCode, stderr } = await typed(['history', ...argv, '--root', root]);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(argv[0]);
});
