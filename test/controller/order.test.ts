/** What runs, in which order, and what never does: requirements, supersession, expiry, baseline, interruption. */
import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { runProgram, type Kiosk } from '../kit/kiosk.ts';
import type { Draft } from '../kit/office.ts';
import { withNode, type InProcess } from './in-process.ts';
import { cleanUp, drop, makeKiosk, signed } from './at-work.ts';

afterAll(cleanUp);

/** An update that writes its sequence into the witness file, then ends as the draft's script says. */
function deliver(kiosk: Kiosk, sequence: number, draft: Draft = {}): Buffer {
  const script = `echo ${sequence} >>${kiosk.witness}\n${draft.script ?? ''}`;
  const parcel = signed({ ...draft, sequence, script });
  drop(kiosk, 'backhaul', `${sequence}.zip`, parcel);
  return parcel;
}

/** `7` or `3-9` */
function ranges(...texts: string[]): { first: number; last: number }[] {
  return texts.map((text) => {
    const [first = 0, last = first] = text.split('-').map(Number);
    return { first, last };
  });
}

/** One kiosk and its controller; the test says what arrives between passes. */
async function scene(play: (kiosk: Kiosk, node: InProcess) => Promise<void>, setup = {}): Promise<void> {
  const kiosk = await makeKiosk(setup);
  await withNode(kiosk, (node) => play(kiosk, node));
}

test('what has arrived runs by sequence, not by arrival, one at a time', () =>
  scene(async (kiosk, node) => {
    for (const sequence of [30, 4, 100, 5])
      deliver(kiosk, sequence, { script: `sleep 0.1; echo end >>${kiosk.witness}` });
    await node.pass();
    expect(kiosk.witnessLines()).toEqual(['4', 'end', '5', 'end', '30', 'end', '100', 'end']);
  }));

describe('a required update', () => {
  test('that has not arrived is waited for, and named', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 5, { requires: ranges('3') });
      await node.pass();
      expect(node.update(5)).toMatchObject({ state: 'waiting', reason: 'requires 3, which has not arrived' });
      expect((await kiosk.run('plan')).stdout).toContain('waiting (requires 3, which has not arrived)');
      deliver(kiosk, 3);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['3', '5']);
    }));

  test('of a whole range is waited for', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 9, { requires: ranges('1-3', '7') });
      for (const sequence of [1, 3, 7]) {
        deliver(kiosk, sequence);
        await node.pass();
        expect(node.update(9).state).toBe('waiting');
      }
      deliver(kiosk, 2);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['1', '3', '7', '2', '9']);
    }));

  test.each([
    ['has failed', 'exit 1'],
    ['has timed out', 'exec sleep 60'],
    ['was interrupted', 'kill -9 $PPID; sleep 60'],
  ])('that %s never counts as done', (words, script) =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 3, { script, terms: { timeoutSeconds: 1 } });
      deliver(kiosk, 5, { requires: ranges('3') });
      await node.pass();
      expect(node.update(5)).toMatchObject({ state: 'waiting', reason: `requires 3, which ${words}` });
      expect(kiosk.witnessLines()).toEqual(['3']);
    }),
  );

  test('that failed and succeeds when it is run again lets the waiting one run', async () => {
    const kiosk = await makeKiosk();
    deliver(kiosk, 3, { script: `[ -e ${kiosk.root}/ready ]` });
    deliver(kiosk, 5, { requires: ranges('3') });
    await kiosk.pass();
    kiosk.file('../ready', '');
    const rerun = await kiosk.run('rerun', '3', '--reason', 'the way is clear');
    expect(rerun.exitCode).toBe(0);
    expect(kiosk.witnessLines()).toEqual(['3', '3', '5']);
  });

  test('for another node is not done here', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 3, { recipients: ['role:gateway'] });
      deliver(kiosk, 5, { requires: ranges('3') });
      await node.pass();
      expect(node.update(5)).toMatchObject({
        state: 'waiting',
        reason: 'requires 3, which is not for this node',
      });
    }));

  test('is done when an update that supersedes it has succeeded here', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 7, { supersedes: ranges('3-4') });
      deliver(kiosk, 9, { requires: ranges('3-4', '7') });
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['7', '9']);
    }));

  test('is not done when the superseding one has failed, or has not run', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 3, { script: 'exit 1' });
      deliver(kiosk, 7, { supersedes: ranges('4'), script: 'exit 1' });
      deliver(kiosk, 8, { supersedes: ranges('5'), requires: ranges('3') });
      deliver(kiosk, 9, { requires: ranges('4') });
      deliver(kiosk, 10, { requires: ranges('5') });
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['3', '7']);
      expect(node.update(9).reason).toBe('requires 4, which has not arrived');
      expect(node.update(10).reason).toBe('requires 5, which has not arrived');
    }));
});

describe('a superseded update', () => {
  test('that still waits does not run any more', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 5, { requires: ranges('3') });
      await node.pass();
      deliver(kiosk, 8, { supersedes: ranges('5') });
      await node.pass();
      deliver(kiosk, 3);
      await node.pass();
      expect(node.update(5)).toMatchObject({ state: 'superseded', reason: 'update 8 supersedes it' });
      expect(kiosk.witnessLines()).toEqual(['8', '3']);
    }));

  test('that arrives together with the newer one does not run', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 5);
      deliver(kiosk, 8, { supersedes: ranges('1-7') });
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['8']);
    }));

  test('that arrives after the newer one does not run, even when the newer one failed', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 8, { supersedes: ranges('1-7'), script: 'exit 1' });
      await node.pass();
      deliver(kiosk, 5);
      await node.pass();
      expect(node.update(5).state).toBe('superseded');
      expect(kiosk.witnessLines()).toEqual(['8']);
    }));

  test('that was deferred is not tried again', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 5, { script: 'exit 75' });
      await node.pass();
      deliver(kiosk, 8, { supersedes: ranges('5') });
      node.forward(100_000);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['5', '8']);
      expect(node.update(5).state).toBe('superseded');
    }));

  test('is not one when the superseding update is for another node', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 8, { supersedes: ranges('1-7'), recipients: ['role:gateway'] });
      deliver(kiosk, 5);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['5']);
    }));

  test('that has succeeded stays so', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 5);
      await node.pass();
      deliver(kiosk, 8, { supersedes: ranges('5') });
      await node.pass();
      expect(node.update(5).state).toBe('succeeded');
    }));
});

describe('an expiry date', () => {
  const draft = { created: '2025-01-01T00:00:00Z', expires: '2026-01-01T00:00:00Z' };

  test('that only the clock of the node has passed does not count', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 5, { created: '2001-01-01T00:00:00Z', expires: '2001-01-02T00:00:00Z' });
      await node.pass();
      expect(Date.now()).toBeGreaterThan(Date.parse('2025-01-01'));
      expect(kiosk.witnessLines()).toEqual(['5']);
    }));

  test('that the office has signed past does, for what arrives and for what waits', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 5, { ...draft, requires: ranges('3') });
      await node.pass();
      deliver(kiosk, 6, { created: '2026-01-01T00:00:01Z', recipients: ['role:gateway'] });
      deliver(kiosk, 7, draft);
      await node.pass();
      deliver(kiosk, 3, { created: '2024-01-01T00:00:00Z' });
      await node.pass();
      expect(node.update(5).state).toBe('expired');
      expect(node.update(7)).toMatchObject({
        state: 'expired',
        reason: 'expired at 2026-01-01T00:00:00Z; the office has signed at 2026-01-01T00:00:01Z',
      });
      expect(kiosk.witnessLines()).toEqual(['3']);
    }));

  test('on the very second of the floor has not passed', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 6, { created: '2026-01-01T00:00:00Z' });
      await node.pass();
      deliver(kiosk, 7, draft);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['6', '7']);
    }));

  test('cannot be passed by one wrong date of the office: the floor moves by 400 days at most', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 1, { created: '2025-01-01T00:00:00Z' });
      await node.pass();
      deliver(kiosk, 2, { created: '2099-01-01T00:00:00Z' });
      await node.pass();
      expect(JSON.parse((await kiosk.run('status', '--json')).stdout)).toMatchObject({
        timeFloor: '2026-02-05T00:00:00Z',
      });
      deliver(kiosk, 3, { created: '2026-01-01T00:00:00Z', expires: '2026-03-01T00:00:00Z' });
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['1', '2', '3']);
    }));

  test('is not moved by a parcel that nobody trusted has signed', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 1, { created: '2025-01-01T00:00:00Z' });
      await node.pass();
      const parcel = signed({ sequence: 2, created: '2025-06-01T00:00:00Z' });
      drop(
        kiosk,
        'usb',
        'a.zip',
        Buffer.concat([parcel.subarray(0, 40), Buffer.from('x'), parcel.subarray(41)]),
      );
      await node.pass();
      expect(JSON.parse((await kiosk.run('status', '--json')).stdout)).toMatchObject({
        timeFloor: '2025-01-01T00:00:00Z',
      });
    }));
});

describe('the baseline of the image', () => {
  test('lets nothing up to it run, and counts it as done for what requires it', () =>
    scene(
      async (kiosk, node) => {
        for (const sequence of [9, 10]) deliver(kiosk, sequence);
        deliver(kiosk, 11, { requires: ranges('1-10') });
        await node.pass();
        expect(kiosk.witnessLines()).toEqual(['11']);
        expect(node.update(10)).toMatchObject({
          state: 'superseded',
          reason: 'the image of this node holds everything up to 10',
        });
        const { exitCode } = await runProgram('ferryman', ['applied', '10', '--root', kiosk.root]);
        expect(exitCode, 'it never ran here').toBe(1);
      },
      { baseline: 10 },
    ));
});

describe('an update whose run was cut off', () => {
  const cut = 'kill -9 $PPID; sleep 60';

  test('waits for a person when it does not ask to be run again', async () => {
    const kiosk = await makeKiosk();
    deliver(kiosk, 1, { script: `[ -e ${kiosk.root}/ready ] && exit 0; ${cut}` });
    deliver(kiosk, 2);
    await kiosk.pass();
    expect(kiosk.witnessLines()).toEqual(['1', '2']);
    kiosk.file('../ready', '');
    expect((await kiosk.run('rerun', '1', '--reason', 'power is back')).exitCode).toBe(0);
    expect(await kiosk.update(1)).toMatchObject({ state: 'succeeded', attempts: 2 });
    const show = JSON.parse((await kiosk.run('show', '1', '--json')).stdout) as {
      updates: { transitions: { reason: string }[] }[];
    };
    expect(show.updates[0]?.transitions.map(({ reason }) => reason)).toContain(
      'to be run again: power is back',
    );
  });

  test('is run again by itself when it asks for it, up to maxAttempts starts, deferrals not counted', () =>
    scene(async (kiosk, node) => {
      const script = `case $(wc -l <${kiosk.witness}) in 2|4) exit 75;; *) ${cut};; esac`;
      deliver(kiosk, 1, { script, terms: { onInterrupt: 'rerun', maxAttempts: 3 } });
      for (let round = 0; round < 6; round += 1) {
        await node.pass();
        node.forward(100_000);
      }
      expect(kiosk.witnessLines()).toHaveLength(5);
      expect(node.update(1)).toMatchObject({ state: 'interrupted', attempts: 3, deferrals: 2 });
    }));

  test('holds its place: what requires it does not overtake it', () =>
    scene(async (kiosk, node) => {
      deliver(kiosk, 1, { script: cut });
      deliver(kiosk, 2, { requires: ranges('1') });
      await node.pass();
      expect(node.update(2)).toMatchObject({ state: 'waiting', reason: 'requires 1, which was interrupted' });
    }));
});

test('a long chain of updates is taken in and run in one pass', () =>
  scene(async (kiosk, node) => {
    for (let sequence = 1; sequence <= 12; sequence += 1)
      deliver(kiosk, sequence, sequence > 1 ? { requires: ranges(String(sequence - 1)) } : {});
    await node.pass();
    expect(kiosk.witnessLines().map(Number)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(readdirSync(kiosk.layout.runs)).toEqual([]);
  }));
