/** What was checked is what runs, whatever happens to the source, the private copy or the stored one in between. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { digestOf, fixedKey, signedUpdate, signZip, unsignedUpdate, type Draft } from '../kit/office.ts';
import { receiveFile, storeInInbox } from '../../src/inbox/inbox.ts';
import { onePass, withNode } from './in-process.ts';
import { channelFolder, cleanUp, drop, makeKiosk, officeKey, signed } from './at-work.ts';

afterAll(cleanUp);

function good(kiosk: Kiosk, draft: Draft = {}): Buffer {
  return signed({ script: `echo good >>${kiosk.witness}`, ...draft });
}

/** Not the office's. */
function evil(kiosk: Kiosk): Buffer {
  return signedUpdate({ script: `echo evil >>${kiosk.witness}` }, fixedKey(66));
}

const channel = 'backhaul';

describe('by backhaul', () => {
  test('a source that is swapped after it was received has no say', async () => {
    const kiosk = await makeKiosk();
    const source = drop(kiosk, channel, 'a.zip', good(kiosk));
    await receiveFile(kiosk.layout.inbox, channel, source, 'refuse');
    writeFileSync(`${source}.new`, evil(kiosk));
    renameSync(`${source}.new`, source);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['good']);
    expect((await kiosk.history()).refusals).toMatchObject([{ code: 'verify.unknown-key' }]);
  });

  test('a source that is rewritten in place after it was received has no say', async () => {
    const kiosk = await makeKiosk();
    const source = drop(kiosk, channel, 'a.zip', good(kiosk));
    await receiveFile(kiosk.layout.inbox, channel, source, 'refuse');
    writeFileSync(source, evil(kiosk));
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['good']);
  });

  test('a source that changes while it is copied is refused or whole, never a mixture, and looked at again', async () => {
    const kiosk = await makeKiosk();
    const parcel = good(kiosk, { files: { big: Buffer.alloc(3_000_000, 'x') }, title: 'first' });
    const other = good(kiosk, { files: { big: Buffer.alloc(3_000_000, 'y') }, title: 'other', sequence: 2 });
    const chunks = async function* (): AsyncGenerator<Buffer> {
      yield parcel.subarray(0, parcel.length >> 1);
      yield other.subarray(parcel.length >> 1); // the writer was faster than the copy
    };
    await storeInInbox(kiosk.layout.inbox, channel, chunks());
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual([]);
    drop(kiosk, channel, 'a.zip', other);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['good']);
    expect(await kiosk.update(2)).toMatchObject({ state: 'succeeded' });
  });

  test('a source that becomes a link after it was seen is not followed', async () => {
    const kiosk = await makeKiosk();
    const elsewhere = kiosk.file('elsewhere.zip', good(kiosk));
    const source = drop(kiosk, channel, 'a.zip', 'x');
    rmSync(source);
    symlinkSync(elsewhere, source);
    await expect(receiveFile(kiosk.layout.inbox, channel, source, 'refuse')).rejects.toMatchObject({
      code: 'source.unreadable',
    });
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual([]);
    expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
  });

  test('a source that changes after the look at it is kept by its channel and looked at again', async () => {
    const kiosk = await makeKiosk();
    const next = good(kiosk, { sequence: 2, script: `echo two >>${kiosk.witness}` });
    const copy = kiosk.file('next.zip', next);
    const source = join(channelFolder(kiosk, channel), 'a.zip');
    // The first update's own script replaces the file that brought it.
    drop(kiosk, channel, 'a.zip', signed({ script: `echo one >>${kiosk.witness}; cp ${copy} ${source}` }));
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['one', 'two']);
  });
});

describe('the copy in the inbox', () => {
  test('that is changed after it was received does not run', async () => {
    const kiosk = await makeKiosk();
    const { path } = await receiveFile(kiosk.layout.inbox, 'usb', kiosk.file('a.zip', good(kiosk)), 'follow');
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(60) ^ 0x40, 60);
    writeFileSync(path, bytes);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual([]);
    expect((await kiosk.history()).refusals).toMatchObject([{ code: 'verify.bad-signature' }]);
  });

  test('is private to root and cannot be written to', async () => {
    const kiosk = await makeKiosk();
    expect((await kiosk.receive(good(kiosk))).exitCode).toBe(0);
    const [name = ''] = readdirSync(kiosk.layout.inbox);
    expect(statSync(join(kiosk.layout.inbox, name)).mode & 0o777).toBe(0o400);
    expect(statSync(kiosk.layout.inbox).mode & 0o777).toBe(0o700);
  });
});

/** A kiosk with update 2 verified, stored, and waiting for 1. */
async function waiting(): Promise<{ kiosk: Kiosk; parcel: Buffer; stored: string }> {
  const kiosk = await makeKiosk();
  const draft = { sequence: 2, script: `echo good >>${kiosk.witness}`, requires: [{ first: 1, last: 1 }] };
  const parcel = signed(draft);
  drop(kiosk, 'usb', 'a.zip', parcel);
  await onePass(kiosk);
  const stored = join(kiosk.layout.relayUpdates, `${digestOf(unsignedUpdate(draft))}.zip`);
  chmodSync(stored, 0o600);
  return { kiosk, parcel, stored };
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
}

describe('the stored copy', () => {
  const damages: [string, (stored: string, kiosk: Kiosk) => void][] = [
    ['with a flipped bit', (stored) => flip(stored, 60)],
    ['with a flipped bit in its signatures', (stored) => flip(stored, readFileSync(stored).length - 20)],
    [
      'with a spoilt signature block',
      (stored) => flip(stored, readFileSync(stored).indexOf('untrusted comment')),
    ],
    ['cut short', (stored) => writeFileSync(stored, readFileSync(stored).subarray(0, 200))],
    ['empty', (stored) => writeFileSync(stored, '')],
    ['grown', (stored) => appendFileSync(stored, 'x')],
    [
      'replaced by another signed parcel',
      (stored, kiosk) =>
        writeFileSync(stored, signed({ sequence: 9, script: `echo nine >>${kiosk.witness}` })),
    ],
    ['replaced by a stranger', (stored, kiosk) => writeFileSync(stored, evil(kiosk))],
    [
      'replaced by a link to the right bytes',
      (stored, kiosk) => {
        renameSync(stored, join(kiosk.root, 'moved.zip'));
        symlinkSync(join(kiosk.root, 'moved.zip'), stored);
      },
    ],
    ['gone', (stored) => rmSync(stored)],
  ];
  test.each(damages)('that is %s does not run, and is waited for', async (_name, damage) => {
    const { kiosk, parcel, stored } = await waiting();
    damage(stored, kiosk);
    drop(kiosk, 'backhaul', '1', signed({ sequence: 1 }));
    await withNode(kiosk, async (node) => {
      await node.pass();
      expect(kiosk.witnessLines()).toEqual([]);
      expect(node.update(2).state).toBe('waiting');
      // It recovers by any copy, at once.
      drop(kiosk, 'usb', 'again.zip', parcel);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['good']);
      expect(node.update(2)).toMatchObject({ state: 'succeeded', attempts: 1 });
      expect(readFileSync(stored).equals(parcel)).toBe(true);
    });
  });

  test('that is damaged recovers when a neighbour puts it back into the relay store', async () => {
    const { kiosk, parcel, stored } = await waiting();
    flip(stored, 60);
    drop(kiosk, 'backhaul', '1', signed({ sequence: 1 }));
    await withNode(kiosk, async (node) => {
      await node.pass();
      expect(existsSync(stored)).toBe(false);
      writeFileSync(stored, parcel);
      node.forward(61);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['good']);
    });
  });

  test('that is damaged after it has run is mended by the next copy, and does not run again', async () => {
    const kiosk = await makeKiosk();
    const parcel = good(kiosk);
    drop(kiosk, 'usb', 'a.zip', parcel);
    await onePass(kiosk);
    const { digest } = await kiosk.update(1);
    const stored = join(kiosk.layout.relayUpdates, `${digest}.zip`);
    chmodSync(stored, 0o600);
    flip(stored, 60);
    drop(kiosk, 'backhaul', 'b.zip', parcel);
    await onePass(kiosk);
    expect(readFileSync(stored).equals(parcel)).toBe(true);
    expect(kiosk.witnessLines()).toEqual(['good']);
  });

  test('is proven anew with the keys of today before each run', async () => {
    const kiosk = await makeKiosk({ keys: [officeKey, fixedKey(12)] });
    const zip = unsignedUpdate({ script: `echo tried >>${kiosk.witness}; exit 75` });
    drop(kiosk, 'usb', 'a.zip', signZip(zip, officeKey));
    await withNode(kiosk, async (node) => {
      await node.pass();
      rmSync(join(kiosk.layout.keys, `${officeKey.keyId}.pub`));
      node.forward(100_000);
      await node.pass();
      expect(kiosk.witnessLines()).toEqual(['tried']);
      expect(node.update(1)).toMatchObject({ state: 'waiting' });
      expect(node.update(1).reason).toContain('only unknown keys');
    });
  });

  test('is held against the threshold of today, too, by a controller that is at work', async () => {
    const kiosk = await makeKiosk({ keys: [officeKey, fixedKey(12)] });
    await withNode(kiosk, async (node) => {
      await node.pass();
      const config = readFileSync(kiosk.layout.configFile, 'utf8');
      writeFileSync(kiosk.layout.configFile, config.replace('threshold = 1', 'threshold = 2'));
      drop(kiosk, 'usb', 'a.zip', signed({ script: `echo ran >>${kiosk.witness}` }));
      await node.pass();
    });
    expect(kiosk.witnessLines()).toEqual([]);
    expect((await kiosk.history()).refusals).toMatchObject([{ code: 'verify.threshold' }]);
  });
});
