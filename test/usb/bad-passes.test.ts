/** Passes that are copied, bent, or used up, with the key that they came on: they open nothing, and the key is told why. */
import { afterAll, describe, expect, test } from 'vitest';
import { cleanUp, officeKey } from '../controller/at-work.ts';
import { says, visitBad } from './bad-key.ts';
import { signedPass } from '../kit/office.ts';
import { makeKey, makeKeyedKiosk, reportOn } from './keyed-kiosk.ts';
import { visiting } from './visiting.ts';

afterAll(cleanUp);

describe('a pass', () => {
  test('that is copied to another key opens nothing there, and the key is told', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, {}, { uuid: 'AAAA-BBBB' });
    await visitBad(kiosk, path, (visit) => {
      expect(visit).toMatchObject({ state: 'ignored', code: 'usb.pass-volume', technician: null });
      expect(reportOn(kiosk, path)).toMatch(/U15/);
      expect(reportOn(kiosk, path), 'a stranger learns nothing of the kiosk').not.toContain('This kiosk');
    });
  });

  test('with a serial number opens nothing by a copy of its key, byte for byte', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { serial: 'A1' });
    await visiting(kiosk, async (port) => {
      for (const serial of [undefined, '', 'A', 'A11', 'a1', '\u0000A1'])
        expect(await port.visitAndApply(path, serial), `by ${serial ?? 'none'}`).toMatchObject({
          code: 'usb.pass-serial',
        });
      expect(kiosk.witnessLines()).toEqual([]);
      expect(await port.visitAndApply(path, 'A1')).toMatchObject({ state: 'safe' });
      expect(kiosk.witnessLines()).toEqual(['one']);
    });
  });

  test('of which one byte is another is forged, or still the same', async () => {
    const kiosk = await makeKeyedKiosk();
    const pass = signedPass({}, officeKey);
    await visiting(kiosk, async (port) => {
      for (let turn = 0; turn < 6; turn += 1) {
        const bent = Buffer.from(pass);
        const at = Math.floor((turn * pass.length) / 6);
        bent[at] = (bent[at] ?? 0) ^ 1;
        const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, bent);
        expect(await port.visitAndApply(path), `byte ${at}`).toMatchObject({ code: 'usb.pass-forged' });
      }
    });
    expect(kiosk.witnessLines()).toEqual([]);
  });

  test('with one use brings one visit, however the key changes hands', async () => {
    const kiosk = await makeKeyedKiosk();
    const first = makeKey(kiosk, { '1.zip': says(kiosk, 'one', 1) }, { uses: 1 }, { name: 'a.img' });
    const copy = makeKey(kiosk, { '2.zip': says(kiosk, 'two', 2) }, { uses: 1 }, { name: 'b.img' });
    await visiting(kiosk, async (port) => {
      port.plug(first.path);
      port.plug(copy.path); // both at once
      await port.port.settled();
      await port.node.pass();
      expect(port.lastVisit()).toMatchObject({ state: 'ignored', code: 'usb.pass-used-up' });
    });
    expect(kiosk.witnessLines()).toEqual(['one']);
  });
});
