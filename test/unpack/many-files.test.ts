/** Many small files are written with the help of a worker. Real files, real workers. */
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { openHashed, prove } from '../../src/store/verified-file.ts';
import { SideWriter } from '../../src/unpack/side-writer.ts';
import { unpack } from '../../src/unpack/unpack.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { signedUpdate, trusted } from '../kit/office.ts';

afterAll(removeFolders);
const umask = process.umask();
afterEach(() => void process.umask(umask));

async function unpackInto(folder: string, parcel: Buffer): Promise<void> {
  const path = join(temporaryFolder(), 'parcel.zip');
  writeFileSync(path, parcel);
  const file = prove(await openHashed(path, 'refuse'), { keys: trusted(officeKey), threshold: 1 });
  try {
    await unpack(file, folder);
  } finally {
    file.close();
  }
}

/** Enough for a helper and for dozens of batches, some files with nothing in them, some too large for a batch. */
const files = Object.fromEntries(
  Array.from({ length: 3000 }, (_, index): [string, string] => [
    index % 3 === 0 ? `file-${index}` : `folder-${index % 30}/deep/file-${index}`,
    `${index};`.repeat(index % 1000 === 7 ? 30_000 : index % 700),
  ]),
);
const many = signedUpdate({ files }, officeKey);

it('puts each of thousands of files where it belongs, with its mode, whatever the umask', async () => {
  for (const mask of [0o022, 0o077]) {
    process.umask(mask);
    const folder = temporaryFolder();
    await unpackInto(folder, many);
    const wrong = Object.entries(files).filter(([path, contents]) => {
      const found = join(folder, path);
      return readFileSync(found, 'latin1') !== contents || (statSync(found).mode & 0o7777) !== 0o644;
    });
    expect(wrong).toEqual([]);
    expect(statSync(join(folder, 'run.sh')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, 'folder-7/deep')).mode & 0o7777).toBe(0o755);
  }
});

it('follows no link in the way of one of thousands', async () => {
  for (const planted of ['file-0', 'file-1500', 'file-999']) {
    const folder = temporaryFolder();
    const outside = join(temporaryFolder(), 'outside');
    symlinkSync(outside, join(folder, planted));
    await expect(unpackInto(folder, many)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(existsSync(outside)).toBe(false);
  }
});

/** Waits without turning the loop. */
function standStillUntil(isTrue: () => boolean): void {
  const deadline = Date.now() + 60_000;
  while (!isTrue() && Date.now() < deadline);
  expect(isTrue()).toBe(true);
}

it('has a helper that writes while its caller stands still', async () => {
  const folder = temporaryFolder();
  const room = new Uint8Array(new SharedArrayBuffer(10));
  room.set(Buffer.from('0123456789'));
  const side = new SideWriter([room]);
  try {
    standStillUntil(() => side.isReady);
    const path = join(folder, 'file');
    side.write({ room: 0, files: [{ path, mode: 0o755, begin: 2, end: 5 }] });
    standStillUntil(() => side.freeRoom(-1) === 0);
    expect(readFileSync(path, 'latin1')).toBe('234');
    expect(statSync(path).mode & 0o7777).toBe(0o755);
    await side.finish();
  } finally {
    await side.stop();
  }
});

it('has a helper whose failure is told as the system did, and that takes nothing more', async () => {
  const folder = temporaryFolder();
  const side = new SideWriter([new Uint8Array(new SharedArrayBuffer(10))]);
  try {
    const path = join(folder, 'file');
    writeFileSync(path, 'precious');
    side.write({ room: 0, files: [{ path, mode: 0o644, begin: 0, end: 5 }] });
    await expect(side.finish()).rejects.toMatchObject({
      code: 'EEXIST',
      syscall: 'open',
      message: expect.stringContaining(path) as string,
    });
    expect(side.freeRoom(-1)).toBeUndefined();
    expect(readFileSync(path, 'latin1')).toBe('precious');
  } finally {
    await side.stop();
  }
});
