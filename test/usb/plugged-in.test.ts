/**
 * The whole way in one piece, by each back end: a stick is plugged into an emulated machine, its device leads to a real FAT or ext4
 * file system, and a real daemon applies what is on it. As root: for device nodes, loop devices and mounts.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runDaemon } from '../../src/controller/daemon.ts';
import { cleanUp, makeKiosk, officeKey, signed, until } from '../controller/at-work.ts';
import { withNode } from '../controller/in-process.ts';
import { temporaryFolder, type Kiosk } from '../kit/kiosk.ts';
import { signedPass } from '../kit/office.ts';
import { usbEventsProgram } from './detect/watched.ts';
import { canPlugImages, plugImage } from './emulator/plug-image.ts';
import { Testbed } from './emulator/testbed.ts';
import { ext4Image, fatImage, type KeyTree } from './images.ts';

const uuids = { vfat: '3EF5-2A49', ext4: '0a1b2c3d-0000-4000-8000-123456789abc' } as const;
type FileSystemType = keyof typeof uuids;
const serial = '4C530001';

let testbed: Testbed;
let path: string;

beforeAll(async () => {
  testbed = await Testbed.start();
  path = insideOf(testbed);
});
afterAll(async () => {
  await testbed.close();
  cleanUp();
});
/** A PATH on which every program that knows of devices is inside the testbed. */
function insideOf({ environment }: Testbed): string {
  const folder = join(temporaryFolder(), 'bin');
  mkdirSync(folder, { recursive: true });
  const set = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  for (const program of [
    'lsblk',
    'udevadm',
    'blkid',
    'blockdev',
    'mdir',
    'mcopy',
    'mmd',
    'mren',
    'mdel',
    'sync',
  ]) {
    const real = execFileSync('which', [program], { encoding: 'utf8' }).trim();
    writeFileSync(join(folder, program), `#!/bin/sh\nexec env ${set.join(' ')} ${real} "$@"\n`);
    chmodSync(join(folder, program), 0o755);
  }
  return `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`;
}

/** The image of a stick with this file system. */
function makeImage(kiosk: Kiosk, type: FileSystemType, updates: KeyTree): string {
  const uuid = uuids[type];
  const tree = { 'ferryman/pass.zip': signedPass({ volume: uuid, serial }, officeKey), ...updates };
  const file = join(kiosk.root, `${type}.img`);
  return type === 'vfat'
    ? fatImage(file, tree, { uuid, sizeMiB: 64 })
    : ext4Image(file, tree, { uuid, sizeMiB: 64 });
}

describe.runIf(canPlugImages())('a stick that is plugged in', () => {
  const backEnds = [
    ['usb-detection', '["usb-detection"]'],
    ['udevadm', '["udevadm"]'],
    ['lsblk alone', '[]'],
  ] as const;
  const cases = backEnds.flatMap(([name, list]) =>
    (['vfat', 'ext4'] as const).map((type) => [name, type, list] as const),
  );

  test.each(cases)(
    'is noticed by %s, and its update of 10 MB from %s applied within 10 s',
    async (_name, type, list) => {
      const kiosk = await makeKiosk({ config: `[usb]\nbackEnds = ${list}` });
      const big = randomBytes(10_000_000);
      const update = signed({ script: `echo ran >>${kiosk.witness}`, files: { big } });
      const image = makeImage(kiosk, type, { 'ferryman/updates/1.zip': update });
      await withNode(kiosk, async (inProcess) => {
        const { context } = inProcess;
        const told = (): string[] => inProcess.told();
        const stop = new AbortController();
        const daemon = runDaemon(
          {
            ...context,
            usbEvents: ['/usr/bin/env', ...environmentWords(), process.execPath, usbEventsProgram],
          },
          stop.signal,
          { atWork: () => Promise.resolve(), beforePass: () => undefined, afterPass: () => undefined },
          { path, sysFolder: testbed.sysFolder },
        );
        try {
          await listening(list, told);
          const from = performance.now();
          const stick = await plugImage(testbed, image, {
            name: 'sdw',
            fileSystem: type,
            uuid: uuids[type],
            serial,
          });
          await until(
            `the update to run, not ${told().join('\n')}`,
            () => kiosk.witnessLines().length > 0,
            30_000,
          );
          await until('the end of it', () => inProcess.update(1).state === 'succeeded');
          expect((performance.now() - from) / 1000).toBeLessThan(10);
          await stick.pull();
          await until('the pull to be noticed', () => told().join('\n').includes('was pulled out'));
        } finally {
          stop.abort();
          await daemon;
        }
      });
    },
    60_000,
  );
});

function environmentWords(): string[] {
  return Object.entries(testbed.environment).map(([name, value]) => `${name}=${value}`);
}

/** Waits until the back end hears events; lsblk alone needs no waiting. */
async function listening(list: string, told: () => string[]): Promise<void> {
  if (list !== '[]')
    await until('the back end to listen', () => told().some((line) => line.includes('listens')));
}
