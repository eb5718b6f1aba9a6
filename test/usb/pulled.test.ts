/**
 * Keys that are pulled at any moment of a visit: nothing half-applied, nothing left behind, the
 * next insertion of the same key works, what it brings runs once, and no use of a pass is ever given back.
 */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { takesAll, testSeed } from '../crash/spread.ts';
import { cleanUp, Daemon, officeKey, signed, until } from '../controller/at-work.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { signedPass } from '../kit/office.ts';
import { ext4Image } from './images.ts';
import { makeKey, makeKeyedKiosk, plug, reportOn, shown, slotOf } from './keyed-kiosk.ts';
import { canMountImages, descriptors } from './read/kit.ts';
import { Trap } from './trap.ts';
import { openBelow, visiting, type Visiting } from './visiting.ts';

afterAll(cleanUp);

const ext4Volume = '0a1b2c3d-0000-4000-8000-123456789abc';
const step = 64 * 1024;
type FileSystemType = 'vfat' | 'ext4';
const types = [
  ['FAT', 'vfat', true],
  ['ext4 (needs root and loop devices)', 'ext4', canMountImages],
] as const;

/** The image of a key that one use is left of; its update writes `1` when it runs. */
function keyOf(kiosk: Kiosk, type: FileSystemType, bytes: number, uses = 1): string {
  const update = signed({
    title: 'big',
    script: `echo 1 >>${kiosk.witness}`,
    files: { big: randomBytes(bytes) },
  });
  if (type === 'vfat') return makeKey(kiosk, { '1.zip': update }, { uses }).path;
  const path = join(kiosk.root, 'keys', 'ext4.img');
  mkdirSync(dirname(path), { recursive: true });
  const pass = signedPass({ volume: ext4Volume, uses }, officeKey);
  return ext4Image(
    path,
    { 'ferryman/pass.zip': pass, 'ferryman/updates/1.zip': update },
    { uuid: ext4Volume },
  );
}

/** In shell: the key is gone, and so are its bytes for whoever has it open. */
function pullIn(kiosk: Kiosk): { slot: string; action: string } {
  const slot = join(kiosk.root, 'slot.img');
  return { slot, action: `: >${slot}; rm -f ${slot}` };
}

describe.each(types)('a key with %s', (_name, type, canRun) => {
  test.runIf(canRun)(
    'pulled before any program of a visit leaves nothing behind, and costs no use',
    async () => {
      const kiosk = await makeKeyedKiosk();
      const whole = keyOf(kiosk, type, 100_000);
      const { slot, action } = pullIn(kiosk);
      const trap = new Trap(kiosk, action);
      const plugIn = (): void => copyFileSync(whole, slot);
      const work = async (port: Visiting): Promise<void> => {
        plugIn();
        rmSync(slot);
        expect(await port.visit(slot), 'gone before it is looked at').toMatchObject({ code: 'usb.pulled' });
        const before = openHere();
        const tried = await pulledAtCalls(port, { trap, plugIn, slot });
        expect(tried).toBeGreaterThan(10);
        expect(openHere()).toEqual(before);
        expect(kiosk.witnessLines(), 'nothing has run yet').toEqual([]);
        await port.node.pass();
        expect(kiosk.witnessLines(), 'it came whole the last time').toEqual(['1']);
        trap.set(0);
        await port.visitAndApply(slot);
        expect(kiosk.witnessLines()).toEqual(['1']);
        expect(port.leftOf(slot)).toEqual([]);
      };
      await visiting(kiosk, work, { path: trap.path });
    },
  );

  test.runIf(canRun)(
    'pulled in the middle of a copy (ext4: at every 64 KiB) brings nothing, and the whole key then brings all',
    async () => {
      const kiosk = await makeKeyedKiosk();
      const size = 16 * step;
      const whole = keyOf(kiosk, type, size);
      const { slot, action } = pullIn(kiosk);
      const cut = `"$real" "$@" | { head -c $((at * ${step})); ${action}; cat; }; exit 0`;
      const trap = new Trap(
        kiosk,
        cut,
        'test $at != 0 && echo "$0 $*" | grep -q "\\(mcopy\\|dd\\) .*updates/1.zip"',
      );
      const work = async (port: Visiting): Promise<void> => {
        for (let at = 1; at <= 16; at += type === 'vfat' ? 5 : 1) {
          trap.set(at);
          copyFileSync(whole, slot);
          expect(await port.visit(slot), `after ${at} pieces`).toMatchObject({
            state: 'failed',
            code: 'usb.pulled',
          });
          expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U24' });
          expect(port.leftOf(slot)).toEqual([]);
          await port.node.pass();
        }
        expect(port.node.ledger.updates.bySequence(1)).toEqual([]);
        trap.set(0);
        copyFileSync(whole, slot);
        expect(await port.visitAndApply(slot), 'no use was lost').toMatchObject({
          state: 'safe',
          code: null,
        });
        expect(kiosk.witnessLines()).toEqual(['1']);
        expect(port.lastPhase).toMatchObject({ kind: 'done' });
      };
      await visiting(kiosk, work, { path: trap.path });
    },
  );
});

/** SQLite puts off closing what it has looked at while it holds a lock on it, and takes it up again. */
function openHere(): string[] {
  return descriptors().filter((path) => !path.includes('lock.sqlite'));
}

interface Pulling {
  readonly trap: Trap;
  readonly plugIn: () => void;
  readonly slot: string;
}

/** In the soak each call, and of the many that write the report every fifth; else every fifth of all. */
function strideAt(at: number): number {
  if (!takesAll) return 5;
  return at > 12 && at < 38 ? 5 : 1;
}

/** Up to the first visit that comes to its end. */
async function pulledAtCalls(port: Visiting, { trap, plugIn, slot }: Pulling): Promise<number> {
  for (let at = takesAll ? 1 : 1 + (testSeed % 5); ; at += strideAt(at)) {
    trap.set(at);
    plugIn();
    const visit = await port.visit(slot);
    if (existsSync(slot)) return at - 1;
    expect(visit, `before call ${at}, ${trap.calls.at(-1) ?? ''}`).toMatchObject({
      state: 'failed',
      code: 'usb.pulled',
    });
    expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U24' });
    expect(port.leftOf(slot)).toEqual([]);
  }
}

test('a key that is pulled while its results are written to it stops nothing, and is told the next time', async () => {
  const kiosk = await makeKeyedKiosk();
  const whole = keyOf(kiosk, 'vfat', 1000, 100);
  const { slot, action } = pullIn(kiosk);
  const trap = new Trap(kiosk, action);
  const work = async (port: Visiting): Promise<void> => {
    copyFileSync(whole, slot);
    await port.visitAndApply(slot);
    trap.set(0);
    copyFileSync(whole, slot);
    await port.visit(slot);
    const copied = trap.calls.findIndex((call) => call.endsWith('updates/1.zip -')) + 1;
    expect(trap.calls.length - copied, 'calls for the results').toBeGreaterThan(15);
    for (const later of [1, 3, 5, 6, 7, 8, 15]) {
      trap.set(copied + later);
      copyFileSync(whole, slot);
      const stick = port.plug(slot);
      await port.port.settled();
      expect(existsSync(slot), `call ${later} came`).toBe(false);
      expect(port.lastVisit()).toMatchObject({ state: 'safe' });
      expect(port.lastPhase?.kind, 'nobody is told to leave it in').toBe('done');
      port.port.removed(stick);
      expect(port.leftOf(slot)).toEqual([]);
    }
    trap.set(0);
    copyFileSync(whole, slot);
    await port.visit(slot);
    expect(reportOn(kiosk, slot)).toContain('succeeded');
    expect(kiosk.witnessLines()).toEqual(['1']);
  };
  await visiting(kiosk, work, { path: trap.path });
});

describe('a daemon', () => {
  test('whose key comes and goes in an instant, many times, goes on and takes the next one', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = keyOf(kiosk, 'vfat', 1000, 1000); // an instant may be enough for a visit
    const daemon = await Daemon.start(kiosk);
    try {
      for (let turn = 0; turn < 200; turn += 1) {
        plug(kiosk, { path: key });
        await new Promise((resolve) => setTimeout(resolve, turn % 25));
        renameSync(slotOf(kiosk), key);
      }
      expect((await kiosk.run('status')).exitCode).toBe(0);
      // An image that is away between two glances, which are 3 s apart, has not been away: its visit may have failed for that.
      await new Promise((resolve) => setTimeout(resolve, 6000));
      plug(kiosk, { path: key });
      await shown(kiosk, /^done/, 30_000);
      expect(kiosk.witnessLines()).toEqual(['1']);
      expect(openBelow(daemon.pid, slotOf(kiosk))).toEqual([]);
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    expect((await daemon.stop()).exitCode).toBe(0);
  });

  test('that is stopped in the middle of a copy ends soon, and takes the key the next time', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = keyOf(kiosk, 'vfat', 1000);
    const slow = slowCopy(kiosk);
    const begun = join(kiosk.root, 'begun');
    await visiting(
      kiosk,
      async (port) => {
        port.plug(key);
        await until('the copy', () => existsSync(begun));
        const from = performance.now();
        port.stop();
        await port.port.settled();
        expect(performance.now() - from).toBeLessThan(5000);
        expect(port.lastVisit()).toMatchObject({ state: 'failed' });
        expect(port.leftOf(key)).toEqual([]);
      },
      { path: slow.path },
    );
    await visiting(kiosk, (port) => port.visitAndApply(key));
    expect(kiosk.witnessLines()).toEqual(['1']);
  });
});

/** The copy of an update that hangs after its first bytes. */
function slowCopy(kiosk: Kiosk): Trap {
  const hang = `: >${kiosk.root}/begun; "$real" "$@" | { head -c 100; exec sleep 60; }; exit 0`;
  return new Trap(kiosk, hang, 'echo "$0 $*" | grep -q "mcopy .*updates/1.zip"');
}
