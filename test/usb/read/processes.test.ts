/** What is at work for a key ends: with its holder, with the daemon, when told to, when it hangs. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FerrymanError } from '../../../src/errors.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { ext4Image, fatImage } from '../images.ts';
import {
  canMountImages,
  childNamed,
  children,
  closeAndLookAround,
  closeKeys,
  codeOf,
  collect,
  descriptors,
  fakes,
  leftOf,
  openKey,
  systemPath,
  usesOf,
} from './kit.ts';

const parcel = randomBytes(16 * 1024 * 1024);
const path = 'updates/a.zip';
const folder = temporaryFolder();
const kinds = [
  { kind: 'FAT', image: join(folder, 'fat.img'), reader: 'mcopy' },
  { kind: 'ext4', image: join(folder, 'ext4.img'), reader: 'dd' },
].filter(({ kind }) => kind === 'FAT' || canMountImages);
const program = join(folder, 'opener.mjs');
const daemons: ChildProcess[] = [];

beforeAll(async () => {
  for (const { kind, image } of kinds)
    (kind === 'FAT' ? fatImage : ext4Image)(image, { [`ferryman/${path}`]: parcel });
  const bundle = await rolldown({ input: join(import.meta.dirname, 'opener/main.ts'), platform: 'node' });
  await bundle.write({ file: program, format: 'esm' });
});

afterEach(async () => {
  for (const daemon of daemons.splice(0)) daemon.kill('SIGKILL');
  await closeAndLookAround(...kinds.map(({ image }) => image));
});
afterAll(removeFolders);

describe.each(kinds)('a key with $kind', ({ kind, image, reader }) => {
  test('SIGKILL of the daemon ends its tools and the mount', async () => {
    const daemon = spawn(process.execPath, [program, image, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    daemons.push(daemon);
    await once(daemon.stdout, 'data');
    const left = children(daemon.pid).map(({ pid }) => pid);
    expect(left).toHaveLength(kind === 'FAT' ? 1 : 2);
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    await until(() => left.every((pid) => !existsSync(`/proc/${pid}`)));
    await until(() => usesOf(image).length === 0);
  });

  test('a reader that stops answering is stalled, and ended', async () => {
    const volume = await openKey(image, { stallMs: 500 });
    const reading = volume.read(path, parcel.length);
    await reading.next();
    process.kill(await childNamed(reader), 'SIGSTOP');
    const { bytes, error } = await collect(reading);
    expect(error).toMatchObject({ code: 'usb.stalled' });
    expect(bytes.length).toBeLessThan(parcel.length);
    expect(children().filter(({ name }) => name === reader)).toEqual([]);
    expect((await collect(volume.read(path, parcel.length))).bytes.equals(parcel)).toBe(true);
  });

  test('whoever takes long with the bytes does not make the key stalled', async () => {
    const volume = await openKey(image, { stallMs: 500 });
    const reading = volume.read(path, parcel.length);
    await reading.next();
    await sleep(1500);
    expect((await collect(reading)).error).toBeUndefined();
  });

  test('a trickle is stalled too', async () => {
    const bin = fakes(join(folder, `trickle-${kind}`), {
      [reader]: 'while true; do printf x; sleep 0.1; done',
    });
    const volume = await openKey(image, { path: bin, stallMs: 1000 });
    expect((await collect(volume.read(path, parcel.length))).error).toMatchObject({ code: 'usb.stalled' });
  });

  test('a tool that is killed by somebody is a failed reading', async () => {
    const volume = await openKey(image);
    const reading = volume.read(path, parcel.length);
    await reading.next();
    process.kill(await childNamed(reader), 'SIGKILL');
    expect((await collect(reading)).error).toMatchObject({ code: 'usb.read' });
  });

  test('an abort ends a reading at once, with its reason, and what is asked later', async () => {
    const before = descriptors();
    const abort = new AbortController();
    const volume = await openKey(image, { signal: abort.signal });
    const reading = volume.read(path, parcel.length);
    await reading.next();
    process.kill(await childNamed(reader), 'SIGSTOP');
    const collected = collect(reading);
    await sleep(50);
    abort.abort(new FerrymanError('usb.pulled', 'told from outside'));
    expect((await collected).error).toMatchObject({ message: 'told from outside' });
    expect(await codeOf(volume.list('updates'))).toBe('usb.pulled');
    await volume.close();
    await volume.close();
    expect(descriptors()).toEqual(before);
  });

  test('an abort at any moment of opening leaves nothing', async () => {
    const before = descriptors();
    for (let delayMs = 0; delayMs < 60; delayMs += 3) {
      const abort = new AbortController();
      const timer = setTimeout(
        () => abort.abort(new FerrymanError('usb.pulled', 'told from outside')),
        delayMs,
      );
      const told = await openKey(image, { signal: abort.signal }).then(
        () => 'told from outside',
        (error: Error) => error.message,
      );
      expect(told).toBe('told from outside');
      clearTimeout(timer);
      await closeKeys();
      expect(leftOf(image)).toEqual([]);
      expect(children()).toEqual([]);
    }
    expect(descriptors()).toEqual(before);
  });

  test('many openings leave no descriptor', async () => {
    const before = descriptors();
    for (let round = 0; round < 20; round++) {
      const volume = await openKey(image);
      await volume.list('updates');
      await closeKeys();
    }
    expect(descriptors()).toEqual(before);
  });
});

describe.skipIf(!canMountImages)('the holder of a mount (needs root and loop devices)', () => {
  const image = join(folder, 'ext4.img');

  test.each(['SIGKILL', 'SIGTERM'] as const)('ended by %s takes the mount with it', async (signal) => {
    const volume = await openKey(image);
    const holder = await childNamed('cat');
    expect(usesOf(image)).not.toEqual([]);
    process.kill(holder, signal);
    await until(() => usesOf(image).length === 0);
    expect(await codeOf(volume.list('updates'))).toBe('usb.read');
    expect((await collect(volume.read(path, parcel.length))).error).toMatchObject({ code: 'usb.read' });
  });

  test('mounts where nobody else sees it', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    await openKey(image);
    expect(usesOf(image)).not.toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before);
  });

  test.each(['blkid', 'unshare', 'nsenter', 'mount', 'findmnt'])(
    'a %s that hangs is stalled, and ended',
    async (name) => {
      const bin = fakes(join(folder, `hangs-${name}`), { [name]: 'exec sleep 1000' });
      expect(await codeOf(openKey(image, { path: bin, stallMs: 300 }))).toBe('usb.stalled');
    },
  );
});

const inChroot = `set -e; cd "$1"
mkdir usr proc dev tmp key; for name in bin sbin lib lib64; do ln -s usr/$name $name; done
mount --rbind /usr usr; mount -t proc proc proc; mount --rbind /dev dev; mount --bind "$2" key
exec chroot . "$3" /key/opener.mjs /key/ext4.img "$4"`;

/** Not in a chroot: its root is no mount. */
function canShareMounts(): boolean {
  try {
    execFileSync('unshare', ['--mount', '--propagation', 'shared', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!canMountImages || !canShareMounts() || !process.execPath.startsWith('/usr/'))(
  'in a chroot, below mounts that are shared, a mount works, is seen by nobody and goes (needs root outside of a chroot, loop devices, node in /usr)',
  async () => {
    const args = ['sh', '-c', inChroot, 'sh', temporaryFolder(), folder, process.execPath, path];
    const daemon = spawn('unshare', ['--mount', '--propagation', 'shared', ...args], {
      env: { PATH: systemPath },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    daemons.push(daemon);
    expect(String(await once(daemon.stdout, 'data'))).toMatch(/^reading/);
    const holder = await childNamed('cat', daemon.pid);
    expect(readFileSync(`/proc/${holder}/mountinfo`, 'utf8')).toContain(' /proc/fs ');
    expect(readFileSync(`/proc/${daemon.pid}/mountinfo`, 'utf8')).toContain('shared:');
    expect(readFileSync(`/proc/${daemon.pid}/mountinfo`, 'utf8')).not.toContain(' /proc/fs ');
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    await until(() => usesOf(join(folder, 'ext4.img')).length === 0);
  },
);

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !holds(); turn++) await sleep(10);
  expect(holds()).toBe(true);
}
