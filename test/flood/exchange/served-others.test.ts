import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fetchBatch } from '../../../src/flood/exchange/rsync.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

afterAll(removeFolders);

/** Fetches by an ssh that says something and ends. @returns the code of why it stopped */
async function codeAfter(said: string): Promise<string | undefined> {
  const [ssh, folder] = [join(temporaryFolder(), 'ssh'), join(temporaryFolder(), 'staging')];
  mkdirSync(folder);
  writeFileSync(ssh, `#!/bin/sh\necho '${said}' >&2\nexit 75\n`, { mode: 0o755 });
  const batch = { wanted: ['summary.json'], maxFileBytes: 1000, maxBytes: 1000 };
  const signal = new AbortController().signal;
  const fetching = { user: undefined, folder, signal, ssh: [ssh], node: 'guid', timeoutMs: 10_000 };
  return (await fetchBatch(batch, fetching))?.code;
}

test('a neighbour that serves enough others is told from one that is cut off', async () => {
  const busy = 'ferryman: expected one of 3 slots to be free, found none [endpoint.busy]';
  expect([await codeAfter(busy), await codeAfter('Connection reset')]).toEqual([
    'contact.busy',
    'contact.cut',
  ]);
});
