/** A parcel runs once, by whatever channels it comes, in any order, at once or years apart; and never when it must not. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { digestOf, fixedKey, signedUpdate, signZip, unsignedUpdate, type Draft } from '../kit/office.ts';
import { channelNames, type ChannelName } from '../../src/channels/channel-name.ts';
import { onePass, withNode } from './in-process.ts';
import { cleanUp, drop, makeKiosk, officeKey, signed } from './at-work.ts';

afterAll(cleanUp);

/** A script that leaves its mark. */
function mark(kiosk: Kiosk, text: string): string {
  return `echo ${text} >>${kiosk.witness}`;
}

/** Puts a parcel where a channel looks, by a name fit for it. */
function deliver(kiosk: Kiosk, channel: ChannelName, parcel: Buffer, name = 'update.zip'): void {
  drop(kiosk, channel, name, parcel);
}

const orders = channelNames.flatMap((first) =>
  channelNames
    .filter((second) => second !== first)
    .map(
      (second) =>
        [first, second, channelNames.find((third) => third !== first && third !== second) ?? first] as const,
    ),
);

describe('one parcel by all three channels', () => {
  test.each(orders)('runs once when it comes by %s, then %s, then %s', async (...order) => {
    const kiosk = await makeKiosk();
    const parcel = signed({ script: mark(kiosk, '$FERRYMAN_CHANNEL') });
    await withNode(kiosk, async (node) => {
      for (const channel of order) {
        deliver(kiosk, channel, parcel);
        await node.pass();
      }
      expect(node.update(1)).toMatchObject({ state: 'succeeded', channel: order[0], attempts: 1 });
    });
    expect(kiosk.witnessLines()).toEqual([order[0]]);
  });

  test('runs once when it comes by all at the same time, under several names', async () => {
    const kiosk = await makeKiosk();
    const parcel = signed({ script: mark(kiosk, 'ran') });
    for (const channel of channelNames)
      for (const name of ['a.zip', 'b.zip']) deliver(kiosk, channel, parcel, name);
    await onePass(kiosk);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['ran']);
    expect((await kiosk.history()).updates).toHaveLength(1);
    expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
    expect(readdirSync(kiosk.layout.relayUpdates)).toHaveLength(1);
  });

  test('runs once when it comes again while its script runs', async () => {
    const kiosk = await makeKiosk();
    const copy = join(kiosk.root, 'copy.zip');
    const script = `${mark(kiosk, 'ran')}; cp ${copy} ${kiosk.layout.backhaul}/again.zip`;
    const parcel = signed({ script });
    kiosk.file('../copy.zip', parcel);
    deliver(kiosk, 'usb', parcel);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['ran']);
    expect(readdirSync(kiosk.layout.backhaul)).toEqual([]);
  });

  test.each(['exit 0', 'exit 1', 'kill -9 $PPID; sleep 60'])(
    'runs once whatever the end ("%s"), also when it comes later, after a restart',
    async (end) => {
      const kiosk = await makeKiosk();
      const parcel = signed({ script: `${mark(kiosk, 'ran')}; ${end}` });
      for (const channel of channelNames) {
        deliver(kiosk, channel, parcel);
        await onePass(kiosk);
      }
      expect(kiosk.witnessLines()).toEqual(['ran']);
    },
  );

  test('runs once although another signature makes it another file, and the signatures are joined', async () => {
    const [second, stranger] = [fixedKey(12), fixedKey(13)];
    const kiosk = await makeKiosk({ keys: [officeKey, second] });
    const zip = unsignedUpdate({ script: mark(kiosk, 'ran') });
    deliver(kiosk, 'usb', signZip(zip, officeKey));
    await onePass(kiosk);
    deliver(kiosk, 'backhaul', signZip(zip, second, stranger));
    await withNode(kiosk, async (node) => {
      await node.pass();
      expect(node.update(1).signers).toEqual([officeKey.keyId, second.keyId].toSorted());
    });
    expect(kiosk.witnessLines()).toEqual(['ran']);
    const stored = join(kiosk.layout.relayUpdates, `${digestOf(zip)}.zip`);
    expect((await kiosk.run('verify', stored, '--json')).stdout).toContain(second.keyId);
    // The other way round nothing is lost: a copy with fewer signatures changes nothing.
    const joined = readFileSync(stored);
    deliver(kiosk, 'backhaul', signZip(zip, second));
    await onePass(kiosk);
    expect(readFileSync(stored).equals(joined)).toBe(true);
  });
});

describe('a parcel for somebody else', () => {
  const elsewhere: Draft = {
    recipients: ['role:gateway', 'group:south', '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11'],
  };

  test('does not run, is kept for relay, and says so', async () => {
    const kiosk = await makeKiosk({ groups: ['north'] });
    const parcel = signed({ ...elsewhere, script: mark(kiosk, 'ran') });
    deliver(kiosk, 'usb', parcel);
    const told = await onePass(kiosk);
    expect(told.join('\n')).toContain('not-for-me');
    const update = await kiosk.update(1);
    expect(update.state).toBe('not-for-me');
    expect(update.reason).toContain('role:gateway');
    expect(update.reason).toContain('kept for relay');
    expect(readFileSync(join(kiosk.layout.relayUpdates, `${update.digest}.zip`)).equals(parcel)).toBe(true);
    expect(kiosk.witnessLines()).toEqual([]);
    expect((await kiosk.apply(parcel)).exitCode).toBe(2);
  });

  test.each([['all'], ['role:kiosk'], ['group:north'], ['group:south', 'group:west']])(
    'is not one for %s',
    async (...recipients) => {
      const kiosk = await makeKiosk({ groups: ['north', 'west'] });
      deliver(kiosk, 'usb', signed({ recipients, script: mark(kiosk, 'ran') }));
      await onePass(kiosk);
      expect(kiosk.witnessLines()).toEqual(['ran']);
    },
  );
});

/** Two parcels of sequence 7 that differ. */
function twins(kiosk: Kiosk, endOfFirst = ''): readonly [Buffer, Buffer] {
  return [
    signed({ sequence: 7, title: 'first', script: `${mark(kiosk, 'first')}\n${endOfFirst}` }),
    signed({ sequence: 7, title: 'second', script: mark(kiosk, 'second') }),
  ];
}

/** @param stored parcels that are left in the relay store */
async function expectEvidence(kiosk: Kiosk, stored = 2): Promise<void> {
  await withNode(kiosk, async (node) => {
    const evidence = node.ledger.refusals.evidence();
    expect(evidence.map(({ manifest }) => JSON.parse(manifest) as object)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ title: 'first' }),
        expect.objectContaining({ title: 'second' }),
      ]) as object[],
    );
    for (const { signatures, sequence } of evidence) {
      expect(sequence).toBe(7);
      expect(signatures).toContain(`untrusted comment: ${officeKey.keyId}\n`);
    }
    await node.pass();
  });
  const { stdout } = await kiosk.run('status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ equivocations: [7] });
  expect((await kiosk.run('status')).stdout).toContain(
    'two different parcels were signed as 7: tell the office',
  );
  expect(readFileSync(join(kiosk.layout.log, 'short.log'), 'utf8')).toMatch(/7 refused: .*equivocation/);
  expect(readdirSync(kiosk.layout.relayUpdates), 'they stay to prove it').toHaveLength(stored);
}

describe('two contents under one sequence', () => {
  test.each([
    ['in this order', [0, 1] as const],
    ['in the other order', [1, 0] as const],
  ])('that come together, %s: neither runs, the evidence is kept, and it is told', async (_name, [a, b]) => {
    const kiosk = await makeKiosk();
    const parcels = twins(kiosk);
    deliver(kiosk, 'backhaul', parcels[a], 'a.zip');
    deliver(kiosk, 'usb', parcels[b], 'b.zip');
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual([]);
    expect((await kiosk.history()).updates.map(({ state }) => state)).toEqual(['refused', 'refused']);
    await expectEvidence(kiosk);
  });

  test('the second when the parcel of the first is gone: the evidence is whole all the same', async () => {
    const kiosk = await makeKiosk();
    const [first, second] = twins(kiosk);
    deliver(kiosk, 'backhaul', first);
    await onePass(kiosk);
    const { relayUpdates } = kiosk.layout;
    for (const name of readdirSync(relayUpdates)) rmSync(join(relayUpdates, name));
    expect(readdirSync(relayUpdates)).toEqual([]);
    deliver(kiosk, 'usb', second);
    await onePass(kiosk);
    await expectEvidence(kiosk, 1);
  });

  test('the second after the first has succeeded: it does not run, and what was done stays done', async () => {
    const kiosk = await makeKiosk();
    const [first, second] = twins(kiosk);
    deliver(kiosk, 'backhaul', first);
    await onePass(kiosk);
    deliver(kiosk, 'usb', second);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['first']);
    const { updates } = await kiosk.history();
    expect(updates).toMatchObject([
      { title: 'second', state: 'refused' },
      { title: 'first', state: 'succeeded' },
    ]);
    expect((await kiosk.run('applied', '7')).exitCode).toBe(0);
    await expectEvidence(kiosk);
  });

  test.each([
    ['deferred', 'exit 75'],
    ['interrupted', 'kill -9 $PPID; sleep 60'],
  ])('the second after the first was %s: the first does not start again', async (state, end) => {
    const kiosk = await makeKiosk();
    const [first, second] = twins(kiosk, end);
    deliver(kiosk, 'backhaul', first);
    await withNode(kiosk, async (node) => {
      await node.pass();
      expect(node.update(7).state).toBe(state);
      deliver(kiosk, 'usb', second);
      node.forward(100_000);
      await node.pass();
      await node.pass();
    });
    expect(kiosk.witnessLines()).toEqual(['first']);
    await expectEvidence(kiosk);
    const rerun = await kiosk.run('rerun', '7', '--reason', 'try');
    expect(rerun.exitCode).not.toBe(0);
    expect(kiosk.witnessLines()).toEqual(['first']);
  });

  test('while the first runs: it comes to its end, and nothing of the sequence starts after it', async () => {
    const kiosk = await makeKiosk();
    const copy = join(kiosk.root, 'second.zip');
    const [first, second] = twins(kiosk, `cp ${copy} ${kiosk.layout.backhaul}/second.zip; exit 75`);
    kiosk.file('../second.zip', second);
    deliver(kiosk, 'backhaul', first);
    await withNode(kiosk, async (node) => {
      await node.pass();
      node.forward(100_000);
      await node.pass();
    });
    expect(kiosk.witnessLines()).toEqual(['first']);
    await expectEvidence(kiosk);
  });

  test('one of which is for somebody else: still neither runs', async () => {
    const kiosk = await makeKiosk();
    deliver(
      kiosk,
      'usb',
      signed({ sequence: 7, title: 'first', recipients: ['role:gateway'], script: mark(kiosk, 'no') }),
    );
    await onePass(kiosk);
    deliver(kiosk, 'usb', signed({ sequence: 7, title: 'second', script: mark(kiosk, 'second') }), 'b.zip');
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual([]);
    await expectEvidence(kiosk);
  });

  test('one of which lacks signatures are not two: the signed one runs', async () => {
    const second = fixedKey(12);
    const kiosk = await makeKiosk({ keys: [officeKey, second], threshold: 2 });
    deliver(
      kiosk,
      'usb',
      signedUpdate({ sequence: 7, title: 'forged with one stolen key' }, officeKey),
      'a.zip',
    );
    deliver(
      kiosk,
      'usb',
      signedUpdate({ sequence: 7, script: mark(kiosk, 'ran') }, officeKey, second),
      'b.zip',
    );
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['ran']);
    expect(JSON.parse((await kiosk.run('status', '--json')).stdout)).toMatchObject({ equivocations: [] });
  });
});

describe('a stripped signature, with two demanded', () => {
  test.each(channelNames)(
    'that arrives by %s before the full set does not stop the full one',
    async (channel) => {
      const second = fixedKey(12);
      const kiosk = await makeKiosk({ keys: [officeKey, second], threshold: 2 });
      const zip = unsignedUpdate({ script: mark(kiosk, 'ran') });
      deliver(kiosk, channel, signZip(zip, second));
      await onePass(kiosk);
      expect(kiosk.witnessLines()).toEqual([]);
      const { refusals, updates } = await kiosk.history();
      expect(refusals).toMatchObject([{ code: 'verify.threshold', channel, times: 1 }]);
      expect(updates).toEqual([]);
      deliver(kiosk, channel, signZip(zip, officeKey, second), 'full.zip');
      await onePass(kiosk);
      expect(kiosk.witnessLines()).toEqual(['ran']);
    },
  );

  test('one key twice is not two', async () => {
    const kiosk = await makeKiosk({ keys: [officeKey, fixedKey(12)], threshold: 2 });
    deliver(kiosk, 'usb', signedUpdate({ script: mark(kiosk, 'ran') }, officeKey, officeKey));
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual([]);
    expect((await kiosk.history()).refusals).toHaveLength(1);
  });
});

test('after everything, nothing half-made stands in the spool', async () => {
  const kiosk = await makeKiosk();
  for (const channel of channelNames) deliver(kiosk, channel, signed({ script: 'exit 0' }));
  deliver(kiosk, 'backhaul', Buffer.from('junk'), 'junk');
  await onePass(kiosk);
  expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
  expect(readdirSync(kiosk.layout.runs)).toEqual([]);
  expect(readdirSync(kiosk.layout.relayUpdates).map((name) => name.replace(/^[0-9a-f]{128}/, ''))).toEqual([
    '.zip',
  ]);
});
