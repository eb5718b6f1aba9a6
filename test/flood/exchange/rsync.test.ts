/** Real rsync at both ends; what stands for ssh starts the other end on this machine. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fetchFor, StandingFetch, type Fetching } from '../../../src/flood/exchange/rsync.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

afterAll(removeFolders);

const batch = { wanted: ['logs/one', 'logs/gone'], maxFileBytes: 1000, maxBytes: 2000 };

interface Scene {
  readonly fetching: Fetching;
  /** Of who fetches. */
  readonly folder: string;
  readonly offer: string;
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
  return {
    fetching: { user: undefined, folder, signal, ssh: [ssh], node: 'peer', timeoutMs: 20_000 },
    folder,
    offer,
  };
}

it('an rsync that stands by fetches what it is told of later', async () => {
  const { fetching, folder } = scene('exec rsync "$@"');
  const standing = new StandingFetch(fetching, 5000);
  await new Promise((resolve) => void setTimeout(resolve, 50));
  expect(existsSync(join(folder, 'logs'))).toBe(false);
  const fetch = await fetchFor(batch, fetching, standing);
  expect(fetch).toBe(standing);
  expect(await fetch.fetch(batch)).toBeUndefined();
  expect(readdirSync(join(folder, 'logs'))).toEqual(['one']);
  expect(readFileSync(join(folder, 'logs/one'), 'utf8')).toBe('first');
});

it('one that was refused while it stood by, or lets in too little, is replaced', async () => {
  const { fetching, folder, offer } = scene('[ -e open ] || { touch open; exit 1; }; exec rsync "$@"');
  const refused = new StandingFetch(fetching, 5000);
  while (refused.isFor(batch)) await new Promise((resolve) => void setTimeout(resolve, 5));
  expect(readdirSync(offer)).toContain('open');
  const small = new StandingFetch(fetching, 999);
  const fetch = await fetchFor(
    batch,
    fetching,
    await fetchFor({ ...batch, maxFileBytes: 999 }, fetching, small),
  );
  expect(fetch).not.toBe(small);
  expect(await fetch.fetch(batch)).toBeUndefined();
  expect(readdirSync(join(folder, 'logs'))).toEqual(['one']);
});

it('one through which something came before it was asked for is not used', async () => {
  const { fetching, folder } = scene('exec rsync "$@"');
  const standing = new StandingFetch(fetching, 5000);
  expect(standing.isFor(batch)).toBe(true);
  writeFileSync(join(folder, 'early'), '');
  expect(standing.isFor(batch)).toBe(false);
  const fetch = await fetchFor(batch, fetching, standing);
  expect(fetch).not.toBe(standing);
  expect(await fetch.fetch(batch)).toBeUndefined();
});

it('more names than were asked for end it', async () => {
  const { fetching, folder } = scene('sleep 30');
  const fetch = new StandingFetch(fetching, 5000);
  const ended = fetch.fetch(batch);
  for (let number = 0; number <= 8 * batch.wanted.length; number += 1)
    writeFileSync(join(folder, `${number}`), '');
  expect(fetch.isFor(batch)).toBe(false);
  expect(await ended).toMatch(/^more came than/);
});

it('one that is not needed ends with all that it has started', async () => {
  const { fetching, offer } = scene('echo $$ > pid; exec rsync "$@"');
  const standing = new StandingFetch(fetching, 5000);
  const pid = join(offer, 'pid');
  while (!existsSync(pid) || readFileSync(pid, 'utf8') === '')
    await new Promise((resolve) => void setTimeout(resolve, 5));
  await standing.end();
  await standing.end();
  const isThere = (): boolean => existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}/exe`);
  while (isThere()) await new Promise((resolve) => void setTimeout(resolve, 5));
  expect(isThere()).toBe(false);
  expect(standing.isFor(batch)).toBe(false);
});
