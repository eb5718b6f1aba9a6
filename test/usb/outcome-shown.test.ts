/** How long what came of a key is shown: long enough to be read out over the phone, not until somebody else wonders at it. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanUp, signed, until } from '../controller/at-work.ts';
import { says } from './bad-key.ts';
import { makeKey, makeKeyedKiosk } from './keyed-kiosk.ts';
import { visiting } from './visiting.ts';

afterAll(cleanUp);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a failure', () => {
  test('stays shown after its key was pulled, and goes by itself after a time', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, null);
    await visiting(
      kiosk,
      async (port) => {
        await port.visit(path);
        const pulledAt = performance.now();
        expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U11' });
        await until('nothing to be shown', () => port.lastPhase?.kind === 'nothing');
        expect(performance.now() - pulledAt).toBeGreaterThan(495);
        expect(port.phases.filter(({ kind }) => kind === 'nothing')).toHaveLength(1);
      },
      { shownForMs: 500 },
    );
  });

  test('stays shown for as long as its key is in', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, null);
    await visiting(
      kiosk,
      async (port) => {
        const stick = port.plug(path);
        await port.port.settled();
        await pause(50);
        port.port.look();
        expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U11' });
        port.port.removed(stick);
        await until('nothing to be shown', () => port.lastPhase?.kind === 'nothing');
      },
      { shownForMs: 10 },
    );
  });

  test('that not even the ledger knows of goes, too', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    await visiting(
      kiosk,
      async (port) => {
        port.node.ledger.usb.begin = () => {
          throw new Error('a defect of the test');
        };
        const stick = port.plug(path);
        await port.port.settled();
        expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U35' });
        port.port.removed(stick);
        await until('nothing to be shown', () => port.lastPhase?.kind === 'nothing');
      },
      { shownForMs: 10 },
    );
  });

  test('of an update that runs on without its key is shown for the whole time, too', async () => {
    const kiosk = await makeKeyedKiosk();
    const gate = join(kiosk.root, 'gate');
    const script = `touch ${gate}; while test -e ${gate}; do sleep 0.05; done; exit 3`;
    const { path } = makeKey(kiosk, { '1.zip': signed({ script }) });
    await visiting(
      kiosk,
      async (port) => {
        await port.visit(path);
        const pass = port.node.pass();
        await until('the update to run', () => existsSync(gate));
        port.port.look();
        await pause(600);
        port.port.look();
        expect(port.lastPhase).toMatchObject({ kind: 'running' });
        rmSync(gate);
        await pass;
        port.port.look();
        expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U44' });
        await until('nothing to be shown', () => port.lastPhase?.kind === 'nothing');
      },
      { shownForMs: 500 },
    );
  });

  test('makes room for the next key at once, and does not come back when that is gone', async () => {
    const kiosk = await makeKeyedKiosk();
    const bad = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, null, { name: 'bad.img' });
    const good = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, {}, { name: 'good.img' });
    await visiting(kiosk, async (port) => {
      await port.visit(bad.path);
      await port.visitAndApply(good.path);
      port.port.look();
      expect(port.lastPhase).toMatchObject({ kind: 'done' });
    });
  });
});

test('news of other updates do not show anything while no key was in', async () => {
  const kiosk = await makeKeyedKiosk();
  await visiting(kiosk, async (port) => {
    port.port.look();
    expect(port.phases).toEqual([]);
  });
});
