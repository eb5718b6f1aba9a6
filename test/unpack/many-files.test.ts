/** Many files are created with the help of a worker. Real files, real workers. */
import {
  closeSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { openHashed, prove } from '../../src/store/verified-file.ts';
import { NewFiles } from '../../src/unpack/new-files.ts';
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

/** Enough for a worker, some files with nothing in them, some large. */
const files = Object.fromEntries(
  Array.from({ length: 1500 }, (_, index): [string, string] => [
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
  for (const planted of ['file-0', 'file-1200', 'file-999']) {
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

const names = Array.from({ length: 1200 }, (_, index) => ({
  path: `file-${index}`,
  mode: index === 5 ? 0o755 : 0o644,
}));

/** Paths of what this process has open in a folder. */
function openIn(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // the descriptor by which the folder was read
    }
  });
}

it('creates files while its caller stands still, a limited number ahead, and leaves none of them open', async () => {
  const folder = temporaryFolder();
  const created = new NewFiles(folder, names);
  try {
    standStillUntil(() => openIn(folder).length === 512);
    expect(existsSync(join(folder, 'file-512'))).toBe(false);
    for (const { path } of names.slice(0, 100)) {
      const fd = created.open();
      writeSync(fd, path);
      closeSync(fd);
    }
    expect(readFileSync(join(folder, 'file-99'), 'latin1')).toBe('file-99');
    expect(statSync(join(folder, 'file-5')).mode & 0o7777).toBe(0o755);
  } finally {
    await created.close();
  }
  expect(openIn(folder)).toEqual([]);
});

it('tells what the worker could not create as the system does, where its turn comes', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file-30'), 'precious');
  const created = new NewFiles(folder, names);
  try {
    standStillUntil(() => existsSync(join(folder, 'file-40')));
    for (let count = 0; count < 30; count++) closeSync(created.open());
    expect(() => created.open()).toThrow(
      expect.objectContaining({ code: 'EEXIST', syscall: 'open', path: join(folder, 'file-30') }),
    );
  } finally {
    await created.close();
  }
  expect(readFileSync(join(folder, 'file-30'), 'latin1')).toBe('precious');
});
