import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until, watched } from '../detect/watched.ts';
import { canPlugImages, plugImage, type PluggedImage } from './plug-image.ts';
import { Testbed } from './testbed.ts';

it.skipIf(!canPlugImages())(
  'an image that is plugged in is noticed, and read like a stick (needs root and loop devices)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ferryman-image-'));
    const image = join(folder, 'stick.img');
    writeFileSync(image, Buffer.alloc(4 * 1024 * 1024));
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-L', 'KEY', image]);
    const testbed = await Testbed.start();
    const { watch, told } = watched(testbed, { backEnds: ['udevadm'], paces: { slowMs: 100 } });
    watch.start();
    let stick: PluggedImage | undefined;
    try {
      stick = await plugImage(testbed, image, { name: 'sdw', serial: 'S7', fileSystem: 'ext4' });
      await until(() => told.length === 1);
      expect(watch.sticks).toMatchObject([{ device: '/dev/sdw1', serial: 'S7', sizeBytes: 4 * 1024 * 1024 }]);
      const path = { PATH: process.env['PATH'] ?? '' };
      for (const env of [path, { ...path, ...testbed.environment }]) {
        const found = execFileSync('blkid', ['-p', '-o', 'export', stick.device], { env, encoding: 'utf8' });
        expect(found).toContain('LABEL=KEY');
      }
      await stick.pull();
      stick = undefined;
      await until(() => told.length === 2);
      expect(existsSync('/dev/sdw1')).toBe(false);
    } finally {
      await stick?.pull();
      await watch.close();
      await testbed.close();
      rmSync(folder, { recursive: true });
    }
  },
);
