/** The manual pages: whole, without anything that mandoc finds wrong, and made from the tables. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { ferryman } from '../../src/cli/table.ts';
import { splitUsage } from '../../src/command-line/command.ts';
import { errorTable } from '../../src/errors.ts';
import { manualPages } from '../../tools/man-pages/pages.ts';
import { signUpdate } from '../../tools/sign-update/table.ts';

const folder = join(import.meta.dirname, '../../dist/man');
const pages = manualPages(packageFile.version);
const sections = [
  'NAME',
  'SYNOPSIS',
  'DESCRIPTION',
  'OPTIONS',
  'EXIT STATUS',
  'FILES',
  'ENVIRONMENT',
  'EXAMPLES',
  'SEE ALSO',
];

/** As a terminal of 80 columns shows it, without bold and slant, hyphenation and filling undone. */
async function shown(name: string): Promise<string> {
  const { stdout } = await execa('mandoc', ['-T', 'ascii', '-O', 'width=78', join(folder, name)]);
  return stdout.replaceAll(new RegExp(String.raw`.\u0008`, 'g'), ''); // bold is a letter, a backspace and the letter again
}

function words(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

test('the build makes one for each program, group and command, and no other', () => {
  const expected = [ferryman(''), signUpdate('')].flatMap(({ name, groups = {}, commands }) => [
    `${name}.1`,
    ...Object.keys(groups).map((group) => `${name}-${group}.1`),
    ...commands.map(({ usage }) => `${[name, ...splitUsage(usage).path].join('-')}.1`),
  ]);
  expect(readdirSync(folder).toSorted()).toEqual(expected.toSorted());
  for (const { name, text } of pages) expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
});

test('mandoc finds nothing wrong', async () => {
  const { stdout, stderr } = await execa(
    'mandoc',
    ['-T', 'lint', '-W', 'warning', ...pages.map(({ name }) => join(folder, name))],
    { reject: false },
  );
  // They carry no date on purpose: the same sources give the same bytes.
  const found = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !line.includes('missing date'));
  expect(found).toEqual([]);
});

test.each(pages.map(({ name }) => name))('%s has all sections, in order, in 80 columns', async (name) => {
  const lines = (await shown(name)).split('\n');
  const found = lines.filter((line) => /^[A-Z][A-Z ]+$/.test(line));
  expect(found.filter((line) => line !== 'COMMANDS')).toEqual(sections);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

describe('a page tells all that the table has', () => {
  for (const program of [ferryman(''), signUpdate('')]) {
    test.each(
      program.commands.map(
        (command) => [[program.name, ...splitUsage(command.usage).path].join(' '), command] as const,
      ),
    )('%s', async (name, command) => {
      const page = words(await shown(`${name.replaceAll(' ', '-')}.1`));
      for (const option of command.options) {
        expect(page).toContain(option.flags.replaceAll(/[<>]/g, ''));
        expect(page.toLowerCase()).toContain(words(option.about).toLowerCase());
        for (const choice of option.choices ?? []) expect(page).toContain(choice);
      }
      for (const example of command.examples)
        expect(page.replaceAll('\\ ', '')).toContain(words(`${program.name} ${example}`));
      for (const [status, meaning] of Object.entries(command.exits ?? {}))
        expect(page.toLowerCase()).toContain(`${status} ${meaning}`.toLowerCase());
      expect(page).toContain(words(command.details ?? command.summary.slice(1)));
    });
  }
});

test('the page of a program has every exit status of an error', async () => {
  const page = await shown('ferryman.1');
  for (const { exit } of Object.values(errorTable)) expect(page).toMatch(new RegExp(`^ +${exit} +\\S`, 'm'));
});

test('groff warns of nothing either', async () => {
  const { stderr } = await execa(
    'groff',
    ['-man', '-Tascii', '-ww', '-z', ...pages.map(({ name }) => join(folder, name))],
    { reject: false },
  );
  expect(stderr).toBe('');
});
