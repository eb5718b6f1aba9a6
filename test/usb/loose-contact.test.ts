/** A key that loses contact and comes back at once: the same visit, which costs nothing, and gets the results that it is owed. */
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanUp, signed } from '../controller/at-work.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import type { Stick } from '../../src/usb/stick.ts';
import type { VisitRow } from '../../src/ledger/rows.ts';
import { says } from './bad-key.ts';
import { fatImage, mtool } from './images.ts';
import { makeKey, makeKeyedKiosk, reportOn, volume } from './keyed-kiosk.ts';
import { visiting, type Visiting } from './visiting.ts';

afterAll(cleanUp);

const serial = '4C530001';

function visitsOf({ node }: Visiting): VisitRow[] {
  return node.ledger.usb.lastVisits(10);
}

/** Out, and in again. */
async function bounce(port: Visiting, stick: Stick): Promise<Stick> {
  port.port.removed(stick);
  const back = port.plug(stick.device, serial);
  await port.port.settled();
  return back;
}

async function oneKey(kiosk: Kiosk, port: Visiting): Promise<Stick> {
  const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { uses: 1 });
  const stick = port.plug(path, serial);
  await port.port.settled();
  expect(port.lastVisit()).toMatchObject({ state: 'safe', usesLeft: 0 });
  return stick;
}

describe('a key that has lost contact for a moment', () => {
  test('goes on with its visit: no use is counted, nothing is read again, and it gets its results', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      let stick = await oneKey(kiosk, port);
      for (let turn = 0; turn < 3; turn += 1) {
        stick = await bounce(port, stick);
        expect(port.lastPhase, 'not "used up"').toMatchObject({ kind: 'safe' });
      }
      expect(visitsOf(port)).toHaveLength(1);
      expect(port.node.ledger.usb.usesOf(port.lastVisit().passDigest ?? '')).toBe(1);
      await port.node.pass();
      port.port.look();
      await port.port.settled();
      expect(kiosk.witnessLines()).toEqual(['one']);
      expect(reportOn(kiosk, stick.device)).toMatch(/ALL IS DONE: 1 UPDATE[^]*1 +succeeded +say one/);
      expect(port.lastPhase).toMatchObject({ kind: 'done' });
      expect(port.leftOf(stick.device)).toEqual([]);
    });
  });

  test('while its results were written gets them when it is back', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      const stick = await oneKey(kiosk, port);
      await port.node.pass();
      const writing = port.shown('Writing the report to the key.');
      port.port.look();
      await writing;
      port.port.removed(stick);
      await port.port.settled();
      expect(reportOn(kiosk, stick.device)).not.toContain('ALL IS DONE');
      port.plug(stick.device, serial);
      await port.port.settled();
      expect(visitsOf(port)).toHaveLength(1);
      expect(reportOn(kiosk, stick.device)).toContain('ALL IS DONE');
      expect(port.lastPhase).toMatchObject({ kind: 'done' });
    });
  });

  test('as soon as it was to get its results gets them when it is back', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      const stick = await oneKey(kiosk, port);
      await port.node.pass();
      port.port.look();
      await bounce(port, stick);
      expect(visitsOf(port)).toHaveLength(1);
      expect(reportOn(kiosk, stick.device)).toContain('ALL IS DONE');
    });
  });

  test('again and again, while it is looked at, is the same visit still', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      let stick = await oneKey(kiosk, port);
      for (let turn = 0; turn < 5; turn += 1) {
        port.port.removed(stick);
        stick = port.plug(stick.device, serial);
        await new Promise((resolve) => setTimeout(resolve, 10 * turn));
      }
      await port.port.settled();
      expect(visitsOf(port)).toHaveLength(1);
      expect(port.lastPhase).toMatchObject({ kind: 'safe' });
      expect(port.leftOf(stick.device)).toEqual([]);
    });
  });
});

describe('a key makes another visit', () => {
  test('when it comes back later than that', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(
      kiosk,
      async (port) => {
        const stick = await oneKey(kiosk, port);
        port.port.removed(stick);
        await new Promise((resolve) => setTimeout(resolve, 60)); // timers may come a little early
        await port.visit(stick.device, serial);
        expect(visitsOf(port)).toHaveLength(2);
        expect(port.lastVisit()).toMatchObject({ code: 'usb.pass-used-up' });
      },
      { looseForMs: 20 },
    );
  });

  test.each([
    ['no serial number', undefined],
    ['another serial number', '4C530002'],
  ])('when it tells %s', async (_what, next) => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      const stick = await oneKey(kiosk, port);
      port.port.removed(stick);
      await port.visit(stick.device, next);
      expect(visitsOf(port)).toHaveLength(2);
    });
  });

  test('when neither time it told a serial number', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    await visiting(kiosk, async (port) => {
      await port.visit(path);
      await port.visit(path);
      expect(visitsOf(port)).toHaveLength(2);
    });
  });

  test('at another device', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      const stick = await oneKey(kiosk, port);
      port.port.removed(stick);
      const other = `${stick.device}.other`;
      copyFileSync(stick.device, other);
      await port.visit(other, serial);
      expect(visitsOf(port)).toHaveLength(2);
    });
  });

  test('with another file system', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      const stick = await oneKey(kiosk, port);
      fatImage(
        stick.device,
        { 'ferryman/updates/1.zip': says(kiosk, 'one') },
        { uuid: 'AAAA-BBBB', fatBits: 16 },
      );
      await bounce(port, stick);
      expect(visitsOf(port)).toMatchObject([
        { volume: 'AAAA-BBBB', code: 'usb.pass-missing' },
        { volume, code: null },
      ]);
    });
  });

  test('with something that it did not bring before', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { uses: 2 });
    await visiting(kiosk, async (port) => {
      const stick = port.plug(path, serial);
      await port.port.settled();
      const more = kiosk.file('2.zip', says(kiosk, 'two', 2));
      port.port.removed(stick);
      mtool('mcopy', path, more, '::/ferryman/updates/2.zip');
      port.plug(path, serial);
      await port.port.settled();
      await port.node.pass();
      expect(visitsOf(port)).toHaveLength(2);
      expect(kiosk.witnessLines()).toEqual(['one', 'two']);
    });
  });

  test('when it was cut off in the first one: all is taken', async () => {
    const kiosk = await makeKeyedKiosk();
    const big = signed({
      script: `echo big >>${kiosk.witness}`,
      files: { big: Buffer.alloc(5_000_000, 'x') },
    });
    const { path } = makeKey(kiosk, { '1.zip': big });
    await visiting(kiosk, async (port) => {
      const copying = port.shown('Copying');
      const stick = port.plug(path, serial);
      await copying;
      await bounce(port, stick);
      expect(visitsOf(port)).toMatchObject([{ state: 'safe' }, { state: 'failed', code: 'usb.pulled' }]);
      await port.node.pass();
      expect(kiosk.witnessLines()).toEqual(['big']);
    });
  });

  test('when nothing on it can be read the second time: the reason is told', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      const stick = await oneKey(kiosk, port);
      rmSync(stick.device);
      await bounce(port, stick);
      expect(existsSync(stick.device)).toBe(false);
      expect(port.lastVisit()).toMatchObject({ state: 'failed', code: 'usb.pulled' });
    });
  });
});
