import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationDocument } from './configuration-document.ts';

test('docs/configuration.md is what the table of keys says', async () => {
  await expect(configurationDocument()).toMatchFileSnapshot(
    join(import.meta.dirname, '../../docs/configuration.md'),
  );
});
