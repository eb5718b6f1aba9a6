/** Visits, one after the other, of a key that is mounted and of one that is written to: nothing is left, however many there are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from 'vitest';
import { cleanUp, makeKiosk, officeKey, signed } from '../controller/at-work.ts';
import { signedPass } from '../kit/office.ts';
import { canPlugImages } from './emulator/plug-image.ts';
import { ext4Image, fatImage, LoopDevice } from './images.ts';
import { visiting, type Visiting } from './visiting.ts';

afterAll(cleanUp);

/** `npm run soak:usb` makes more of it. */
const cycles = Number(process.env['FERRYMAN_PLUG_CYCLES'] ?? 20);
/** Until everything has its size. */
const warmUp = 10;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface AtRest {
  readonly descriptors: number;
  /** Of these keys, and in this node: others may be at work on the same machine. */
  readonly mounts: readonly string[];
  readonly left: readonly string[];
  readonly heapBytes: number;
}

/** Once is not enough: what a finaliser of the first collection lets go of goes with the next. */
async function heapBytesAtRest(): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < 5; sample += 1) {
    collectGarbage();
    await sleep(50);
    samples.push(process.memoryUsage().heapUsed);
  }
  return Math.min(...samples);
}

async function atRest(at: Visiting, root: string, devices: readonly string[]): Promise<AtRest> {
  const heapBytes = await heapBytesAtRest();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    mounts: readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => [root, ...devices].some((place) => line.includes(place))),
    left: at.leftOf(...devices),
    heapBytes,
  };
}

test.runIf(canPlugImages())(
  `${cycles} visits of keys leave no descriptor, process, mount or memory behind (needs root and loop devices)`,
  { timeout: 120_000 + cycles * 3000 },
  async () => {
    const kiosk = await makeKiosk({ config: '[usb]\nbackEnds = []' });
    const uuid = '0a1b2c3d-0000-4000-8000-123456789abc';
    const updates = { 'ferryman/updates/1.zip': signed({ script: `echo ran >>${kiosk.witness}` }) };
    const tree = (volume: string) => ({ 'ferryman/pass.zip': signedPass({ volume }, officeKey), ...updates });
    const images = [
      ext4Image(join(kiosk.root, 'ext4.img'), tree(uuid), { uuid }),
      fatImage(join(kiosk.root, 'fat.img'), tree('3EF5-2A49'), {
        uuid: '3EF5-2A49',
        fatBits: 16,
        sizeMiB: 16,
      }),
    ];
    const loops = images.map((image) => new LoopDevice(image));
    const devices = loops.map(({ device }) => device);
    try {
      await visiting(kiosk, async (at) => {
        const visit = async (times: number): Promise<void> => {
          for (let time = 0; time < times; time += 1)
            expect((await at.visit(devices[time % 2] ?? '')).state).toBe('safe');
        };
        await visit(warmUp);
        await at.node.pass();
        at.phases.length = 0;
        const before = await atRest(at, kiosk.root, devices);
        await visit(cycles);
        await at.node.pass();
        at.phases.length = 0;
        at.node.events.length = 0;
        const after = await atRest(at, kiosk.root, devices);
        expect(after.left).toEqual([]);
        expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
        expect(after.mounts).toEqual(before.mounts);
        expect(after.heapBytes - before.heapBytes).toBeLessThan(3_000_000);
      });
    } finally {
      for (const loop of loops) loop.detach();
    }
    expect(kiosk.witnessLines()).toEqual(['ran']);
  },
);
