/** A ferry whose disk is full when a contact has brought everything: nothing corrupt is offered, nothing of its own is lost, and all goes on. */
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FerrymanError, isSystemError } from '../../src/errors.ts';
import { makeScene, settings, wrongAnywhere, wrongAtEnd, type Scene } from '../flood/ferry.ts';
import { PoolNode } from '../flood/pool-node.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { canMount, SmallDisk, unmountAll } from './tmpfs.ts';

afterEach(unmountAll);
afterAll(removeFolders);
let scene: Scene;
beforeAll(async () => {
  scene = await makeScene();
});

/** @returns what a full disk has made of it; `undefined`: all went well */
async function endOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof FerrymanError) return error.code;
    if (isSystemError(error, 'ENOSPC')) return 'ENOSPC';
    throw error;
  }
}

describe.skipIf(!canMount)('a ferry on a full disk (needs root, to mount a tmpfs)', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 32, 48])(
    'with %i pages left it takes what it can, says so, and goes on when there is room',
    async (pages) => {
      const root = join(temporaryFolder(), 'root');
      cpSync(scene.root, root, { recursive: true, preserveTimestamps: true });
      const state = join(root, 'var/lib/ferryman');
      const disk = SmallDisk.over(state, '2m', 'mode=0755');
      const ferry = await PoolNode.start(root, 2, 'ferry', settings);
      expect(dirname(ferry.layout.relay)).toBe(state);
      const end = await endOf(ferry.pull(scene.offer, { beforeTaking: () => disk.fill(pages) }));
      expect([undefined, 'ledger.disk-full', 'ENOSPC']).toContain(end);
      expect(await wrongAnywhere(ferry)).toStrictEqual([]);
      disk.free();
      await ferry.restart();
      await ferry.pull(scene.offer);
      expect(await wrongAtEnd(ferry)).toStrictEqual([]);
      ferry.ledger.close();
    },
  );
});
