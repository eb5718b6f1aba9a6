import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorTable } from '../../src/errors.ts';
import { errorsDocument } from './errors-document.ts';

const top = join(import.meta.dirname, '../..');

test('docs/errors.md is what the tables say', async () => {
  expect(errorsDocument()).not.toContain('|  |');
  await expect(errorsDocument()).toMatchFileSnapshot(join(top, 'docs/errors.md'));
});

/** Tables that would make every code look used. */
const namesEveryCode = new Set(['src/errors.ts', 'src/usb/show/codes.ts']);

test('every code in the table is used by the programs', () => {
  const sources = ['src', 'tools']
    .flatMap((folder) =>
      readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(top, folder, name),
      ),
    )
    .filter((path) => path.endsWith('.ts') && !namesEveryCode.has(path.slice(top.length + 1)))
    .map((path) => readFileSync(path, 'utf8'));
  const unused = Object.keys(errorTable).filter(
    (code) => !sources.some((text) => text.includes(`'${code}'`)),
  );
  expect(unused).toEqual([]);
});
