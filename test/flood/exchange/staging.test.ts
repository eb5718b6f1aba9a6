/** Where files of neighbours come in: what stays of a contact that was cut, and how much of it. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { bytesBelow, openStaging, sweepStaging } from '../../../src/flood/exchange/staging.ts';
import { maxParcelBytes } from '../../../src/parcel/limits.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

afterAll(removeFolders);

const peer = '0a000000-0000-4000-8000-000000000001';
let staging: string;
beforeEach(() => {
  staging = join(temporaryFolder(), 'staging');
});

function put(path: string, contents = 'x', atSeconds = 1_700_000_000): string {
  const file = join(staging, peer, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
  utimesSync(file, atSeconds, atSeconds);
  return file;
}

function left(): string[] {
  return readdirSync(join(staging, peer), { recursive: true, encoding: 'utf8' }).toSorted();
}

test('of a contact that was cut the parts stay, to be gone on with; all else goes', () => {
  put('logs/kiosk/.partial/1.zip');
  put('logs/kiosk/2.zip');
  put('updates/3.zip');
  expect(openStaging(staging, peer, undefined)).toBe(join(staging, peer));
  expect(left()).toEqual(['logs', 'logs/kiosk', 'logs/kiosk/.partial', 'logs/kiosk/.partial/1.zip']);
});

test('nobody but the user who talks to neighbours looks into it', () => {
  expect(statSync(openStaging(staging, peer, undefined)).mode & 0o777).toBe(0o700);
});

test('of parts without number the newest hundred stay', () => {
  for (let part = 0; part < 103; part += 1) put(`logs/.partial/${part}.zip`, 'x', 1_700_000_000 + part);
  openStaging(staging, peer, undefined);
  const parts = left().filter((name) => name.endsWith('.zip'));
  expect(parts).toHaveLength(100);
  expect(parts).not.toContain('logs/.partial/2.zip');
});

test('of large parts as much stays as the largest parcel has', () => {
  const [older, newer] = [1, 2].map((at) => put(`logs/.partial/${at}.zip`, 'x', 1_700_000_000 + at));
  truncateSync(newer ?? '', maxParcelBytes - 1); // takes no room on the disk
  utimesSync(newer ?? '', 1_700_000_002, 1_700_000_002);
  openStaging(staging, peer, undefined);
  expect([existsSync(newer ?? ''), existsSync(older ?? '')]).toEqual([true, true]);
  truncateSync(older ?? '', 2);
  utimesSync(older ?? '', 1_700_000_001, 1_700_000_001);
  openStaging(staging, peer, undefined);
  expect([existsSync(newer ?? ''), existsSync(older ?? '')]).toEqual([true, false]);
});

test('a folder with more names than anybody needs is emptied', () => {
  for (let part = 0; part <= 5000; part += 1) mkdirSync(join(staging, peer, `${part}`), { recursive: true });
  put('logs/.partial/1.zip');
  openStaging(staging, peer, undefined);
  expect(left()).toEqual([]);
});

test('the folder of a neighbour that has not come for long goes, and whatever else stands there', () => {
  const others = [2, 3].map((other) => join(staging, peer.replace(/1$/, String(other))));
  for (const folder of others) mkdirSync(folder, { recursive: true });
  writeFileSync(join(staging, 'stray'), '');
  utimesSync(others[1] ?? '', 1_700_000_000, 1_700_000_000);
  sweepStaging(staging, 1000, statSync(others[0] ?? '').mtimeMs + 999);
  expect(others.map((folder) => existsSync(folder))).toEqual([true, false]);
  expect(readdirSync(staging)).toHaveLength(1);
  sweepStaging(join(staging, 'nowhere'), 1000, 0);
});

test('what stands below is counted by the room that it takes, whatever its name', () => {
  expect(bytesBelow(join(staging, 'nowhere'))).toBe(0);
  put('.1.zip.Xa3', 'x'.repeat(10_000));
  put('a/b/.partial/2.zip', 'x'.repeat(10_000));
  truncateSync(put('sparse'), 10 ** 12);
  const bytes = bytesBelow(join(staging, peer));
  expect(bytes).toBeGreaterThanOrEqual(20_000);
  expect(bytes).toBeLessThan(100_000);
});
