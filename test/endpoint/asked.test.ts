import { execFileSync, spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askedFor } from '../../src/endpoint/asked.ts';

/** What the rsync of this machine sends, with these options. */
function sentBy(options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-test-'));
  const shell = join(folder, 'rsh');
  writeFileSync(shell, '#!/bin/sh\nshift\nprintf "%s" "$*" >&2\nexit 1\n');
  chmodSync(shell, 0o755);
  const args = [
    ...options,
    '--files-from=-',
    '--from0',
    '--rsync-path=pull',
    '-e',
    shell,
    'peer:.',
    `${folder}/in/`,
  ];
  const { stderr } = spawnSync('rsync', args, { input: 'a\0', encoding: 'utf8' });
  execFileSync('rm', ['-r', folder]);
  return stderr.split('rsync: ')[0] ?? '';
}

describe('what a neighbour asks for', () => {
  test('is understood as the rsync of this machine sends it', () => {
    for (const options of [
      ['-t'],
      ['-trR'],
      ['-rtW', '--timeout=60', '--bwlimit=1000'],
      ['-t', '--max-size=33554432', '--partial-dir=.part', '--no-links', '--no-D', '--no-implied-dirs'],
      ['-t', '--append-verify'],
    ]) {
      const sent = sentBy(options);
      expect(sent).toMatch(/^pull --server --sender /);
      expect([sent, askedFor(sent).verb]).toEqual([sent, 'pull']);
    }
  });

  test('is refused with any option besides, wherever it stands', () => {
    const good = 'pull --server --sender -tRe.LsfxCIvu --timeout=30 --files-from=- --from0 . .';
    expect(askedFor(good).verb).toBe('pull');
    for (const option of [
      '--delete',
      '--log-file=x',
      '--files-from=/etc/passwd',
      '--rsh=x',
      '--write-batch=x',
    ])
      for (const at of [2, 3, 4, 5]) {
        const words = good.split(' ');
        words.splice(at, 0, option);
        expect([words.join(' '), askedFor(words.join(' ')).verb]).toEqual([words.join(' '), 'refused']);
      }
  });

  test('is not looked at closely when it is longer than any that is right', () => {
    expect(askedFor(`pull ${'a'.repeat(400)}`)).toEqual({
      verb: 'refused',
      why: 'a command of 405 characters',
    });
  });

  test('is refused when it follows links, keeps owners or compresses', () => {
    for (const options of [
      ['-tL'],
      ['-a'],
      ['-tz'],
      ['-tk'],
      ['-t', '--remove-source-files'],
      ['-t', '--secluded-args'],
      ['-t', '-M--log-file=x'],
    ]) {
      const sent = sentBy(options);
      expect(sent).toMatch(/^pull --server /);
      expect([sent, askedFor(sent).verb]).toEqual([sent, 'refused']);
    }
  });

  const good = 'pull --server --sender -tRe.LsfxCIvu --timeout=60 --files-from=- --from0 . .';

  test('is exactly that: one character more, less or other anywhere is refused, or means the same', () => {
    const harmless =
      /^pull --server --sender -[trRWv]{1,8}e\.[A-Za-z]{1,20}( --(timeout=\d{1,5}|files-from=-|from0))+ \. \.$/;
    fc.assert(
      fc.property(
        fc.nat(good.length),
        fc.nat(2),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
        (at, cut, text) => {
          const changed = good.slice(0, at) + text + good.slice(at + cut);
          const asked = askedFor(changed);
          expect(asked.verb === 'refused' || harmless.test(changed)).toBe(true);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test('never gives a program an argument with a character that means something to a shell or a path', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              ...good.split(' '),
              '..',
              '/',
              '-e',
              'sh',
              '--rsh=sh',
              ';',
              '|',
              '$(id)',
              '`id`',
              '\n',
              '--log-file=x',
              '--timeout=1;id',
            ),
            fc.string({ maxLength: 8 }),
          ),
          { maxLength: 12 },
        ),
        (words) => {
          const asked = askedFor(['pull', '--server', '--sender', ...words].join(' '));
          if (asked.verb !== 'pull') return;
          for (const word of asked.rsync) expect(word).toMatch(/^(--?[A-Za-z][A-Za-z0-9.-]*(=(\d+|-))?|\.)$/);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test.each([
    undefined,
    '',
    'Summary',
    'summary ',
    'summary\n',
    'summary x',
    'pull',
    `${good}\n`,
    `${good} ..`,
    good.replace(' . .', ' . /'),
    good.replace(' . .', ' . ../x'),
  ])('is refused when it is %j', (command) => {
    expect(askedFor(command).verb).toBe('refused');
  });
});
