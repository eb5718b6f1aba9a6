/** Commands that scripts ask often start fast because what they share is one file that waits for no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programs } from '../kit/kiosk.ts';

test('what every command loads, loads nothing more of ours: no package that takes long', () => {
  const chunks = join(programs, '../chunks');
  const shared = readdirSync(chunks).filter((name) => name.startsWith('every-command-'));
  expect(shared).toHaveLength(1);
  const text = readFileSync(join(chunks, shared[0] ?? ''), 'utf8');
  const imported = [...text.matchAll(/^import .*?from "([^"]+)";$/gm)].map(([, from = '']) => from);
  expect(imported).toContain('node:fs');
  expect(imported.filter((from) => !from.startsWith('node:') && !from.includes('rolldown-runtime'))).toEqual(
    [],
  );
  expect(imported).not.toContain('node:crypto');
});
