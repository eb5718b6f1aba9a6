/** Real rsync at both ends; what stands for ssh starts the other end on this machine. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fetchBatch, type Fetching } from '../../../src/flood/exchange/rsync.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

afterAll(removeFolders);

const batch = { wanted: ['logs/one', 'logs/gone'], maxFileBytes: 1000, maxBytes: 2000 };

interface Scene {
  readonly fetching: Fetching;
  /** Of who fetches. */
  readonly folder: string;
}

/** @param otherEnd a line for sh: arguments are those of the other rsync, and it stands in the folder of the offer */
function scene(otherEnd: string): Scene {
  const [folder, offer, programs] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  mkdirSync(join(offer, 'logs'));
  writeFileSync(join(offer, 'logs/one'), 'first');
  writeFileSync(join(offer, 'logs/secret'), 'not asked for');
  const ssh = join(programs, 'ssh');
  writeFileSync(ssh, `#!/bin/sh\nshift 2\ncd ${offer}\n${otherEnd}\n`, { mode: 0o755 });
  const { signal } = new AbortController();
  const fetching = { user: undefined, folder, signal, ssh: [ssh], node: 'peer', timeoutMs: 20_000 };
  return { fetching, folder };
}

it("what was asked for comes, nothing beside it, and what is not there any more is nobody's fault", async () => {
  const { fetching, folder } = scene('exec rsync "$@"');
  expect(await fetchBatch(batch, fetching)).toBeUndefined();
  expect(readdirSync(join(folder, 'logs'))).toEqual(['one']);
  expect(readFileSync(join(folder, 'logs/one'), 'utf8')).toBe('first');
});

it('more names than were asked for end it, though they hold nothing', async () => {
  const { fetching, folder } = scene('sleep 30');
  const ended = fetchBatch(batch, fetching);
  for (let number = 0; number <= 8 * batch.wanted.length; number += 1)
    writeFileSync(join(folder, `${number}`), '');
  expect(await ended).toMatchObject({
    code: 'contact.cut',
    message: expect.stringMatching(/^more came than/),
  });
});
