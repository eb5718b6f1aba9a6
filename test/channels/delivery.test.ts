/** Channels at work in a node: what arrives whole, in pieces, spoilt, or on a medium that fails. Root is needed for mounts. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { onePass, withNode } from '../controller/in-process.ts';
import { channelFolder, cleanUp, drop, makeKiosk, signed } from '../controller/at-work.ts';

afterAll(cleanUp);

const isRoot = process.getuid?.() === 0;

function good(kiosk: Kiosk, sequence = 1, text = 'good'): Buffer {
  return signed({ sequence, script: `echo ${text} >>${kiosk.witness}` });
}

function mounted<Result>(args: readonly string[], at: string, work: () => Promise<Result>): Promise<Result> {
  execFileSync('mount', [...args, at]);
  return work().finally(() => execFileSync('umount', ['-l', at]));
}

const channel = 'backhaul';

describe('by backhaul', () => {
  test('a parcel that comes piece by piece runs when it is whole, and not before', async () => {
    const kiosk = await makeKiosk();
    const parcel = good(kiosk);
    await withNode(kiosk, async (node) => {
      const path = drop(kiosk, channel, 'a.zip', '');
      for (let at = 0; at < parcel.length; at += Math.ceil(parcel.length / 7)) {
        await node.pass();
        expect(kiosk.witnessLines()).toEqual([]);
        appendFileSync(path, parcel.subarray(at, at + Math.ceil(parcel.length / 7)));
        node.forward(300); // a file that changes again and again is looked at ever less often, but at least so
      }
      await node.pass();
    });
    expect(kiosk.witnessLines()).toEqual(['good']);
  });

  test('what is no parcel is refused once, with its reason, and does not stop a good one', async () => {
    const kiosk = await makeKiosk();
    drop(kiosk, channel, 'a.zip', 'junk');
    drop(kiosk, channel, 'b.zip', '');
    drop(kiosk, channel, 'c.zip', good(kiosk));
    drop(kiosk, channel, 'd.zip', Buffer.alloc(2_000_000));
    await withNode(kiosk, async (node) => {
      for (let round = 0; round < 3; round += 1) await node.pass();
    });
    expect(kiosk.witnessLines()).toEqual(['good']);
    const { refusals } = await kiosk.history();
    expect(refusals).toHaveLength(3);
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ channel, code: 'framing.truncated', times: 1 });
    expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
  });

  test('names with odd characters do no harm, and do not colour what is said of them', async () => {
    const kiosk = await makeKiosk();
    const odd = [
      '-rf.zip',
      'a b.zip',
      '$(touch x).zip',
      'line\nerror: faked.zip',
      '\u001b[2J\u009b31m.zip',
      'ö⛴.zip',
    ];
    for (const [index, name] of odd.entries())
      drop(kiosk, channel, name, good(kiosk, index + 1, String(index + 1)));
    for (const name of odd) drop(kiosk, channel, `x${name}`, `junk ${name}`);
    const { stderr, exitCode } = await kiosk.pass();
    expect(exitCode).toBe(0);
    expect(kiosk.witnessLines()).toEqual(odd.map((_, index) => String(index + 1)));
    expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(stderr).not.toMatch(/^error: faked/m);
  });

  test.runIf(isRoot)('a file whose medium fails does not stop the others', async () => {
    const kiosk = await makeKiosk();
    const bad = drop(kiosk, channel, 'a.zip', '');
    drop(kiosk, channel, 'b.zip', good(kiosk));
    await mounted(['--bind', `/proc/${process.pid}/mem`], bad, async () => {
      expect(() => readFileSync(bad)).toThrow('EIO');
      const told = await onePass(kiosk);
      expect(told.join('\n')).toMatch(/a\.zip: not received: .*EIO.*\[source\.unreadable\]/);
      expect(kiosk.witnessLines()).toEqual(['good']);
    });
  });
});

/** Marks a file so that even root cannot remove it; false where the file system knows no such mark. */
function pin(path: string): boolean {
  try {
    execFileSync('chattr', ['+i', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.runIf(isRoot)(
  'backhaul: a source that cannot be removed is told, not copied again and again, and the others go on',
  async (context) => {
    const kiosk = await makeKiosk();
    const [parcel, junk] = [drop(kiosk, 'backhaul', 'a', good(kiosk)), drop(kiosk, 'backhaul', 'b', 'junk')];
    if (!pin(parcel) || !pin(junk)) context.skip('the file system has no immutable files');
    try {
      await withNode(kiosk, async (node) => {
        await node.pass();
        expect(kiosk.witnessLines()).toEqual(['good']);
        expect(node.told().join('\n')).toContain('its source cannot be removed');
        const told = node.told().length;
        node.forward(10_000);
        drop(kiosk, 'backhaul', 'c', good(kiosk, 2, 'two'));
        await node.pass();
        await node.pass();
        expect(kiosk.witnessLines()).toEqual(['good', 'two']);
        expect(node.told().slice(told).join('\n')).not.toContain('cannot be removed');
      });
    } finally {
      for (const path of [parcel, junk]) execFileSync('chattr', ['-i', path]);
    }
  },
);

test('backhaul: junk is set aside in a private folder after the quiet time, never a parcel', async () => {
  const kiosk = await makeKiosk();
  drop(kiosk, 'backhaul', 'junk', 'junk');
  drop(kiosk, 'backhaul', 'good', good(kiosk));
  await withNode(kiosk, async (node) => {
    await node.pass();
    node.forward(601);
    await node.pass();
  });
  expect(readdirSync(kiosk.layout.backhaul)).toEqual([]);
  expect(readdirSync(join(kiosk.layout.setAside, 'backhaul'))).toEqual(['junk']);
});

test('backhaul: the configured folder and the quiet time are used', async () => {
  const kiosk = await makeKiosk({ config: '[channels]\nbackhaul = "/srv/dtn in"\nquietSeconds = 5' });
  const folder = join(kiosk.root, 'srv/dtn in');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'good'), good(kiosk));
  writeFileSync(join(folder, 'junk'), 'junk');
  await withNode(kiosk, async (node) => {
    await node.pass();
    node.forward(6);
    await node.pass();
  });
  expect(kiosk.witnessLines()).toEqual(['good']);
  expect(readdirSync(folder)).toEqual([]);
});

test('the store of parcels is no way in: what somebody puts there is not looked at while the node works', async () => {
  const kiosk = await makeKiosk();
  const name = `${'ab'.repeat(64)}.zip`;
  await withNode(kiosk, async (node) => {
    await node.pass();
    writeFileSync(join(kiosk.layout.relayUpdates, name), good(kiosk));
    node.forward(10_000);
    await node.pass();
  });
  expect(kiosk.witnessLines()).toEqual([]);
  expect(readdirSync(kiosk.layout.relayUpdates)).toEqual([name]);
});

test('a start finds parcels in the store that the ledger does not know: one admission for them too', async () => {
  const kiosk = await makeKiosk();
  const { relayUpdates } = kiosk.layout;
  writeFileSync(join(relayUpdates, `${'ab'.repeat(64)}.zip`), good(kiosk));
  writeFileSync(join(relayUpdates, `${'cd'.repeat(64)}.zip`), 'junk');
  await onePass(kiosk);
  await onePass(kiosk);
  expect(kiosk.witnessLines()).toEqual(['good']);
  const { digest } = await kiosk.update(1);
  expect(readdirSync(relayUpdates).toSorted()).toEqual(
    [`${digest}.zip`, `${'cd'.repeat(64)}.zip`].toSorted(),
  );
  expect((await kiosk.history()).refusals).toMatchObject([{ code: 'framing.truncated', channel: 'flood' }]);
});

test('a folder full of junk, more than is offered in one go, holds up nothing', async () => {
  const kiosk = await makeKiosk();
  for (let index = 0; index < 700; index += 1)
    drop(kiosk, 'backhaul', `a${String(index).padStart(4, '0')}`, String(index));
  drop(kiosk, 'usb', 'good.zip', good(kiosk));
  drop(kiosk, 'backhaul', 'z', good(kiosk, 2, 'two'));
  const told = await onePass(kiosk);
  expect(kiosk.witnessLines()).toEqual(['good', 'two']);
  expect(told.join('\n')).not.toContain('inbox.too-many');
  expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
  expect(existsSync(join(channelFolder(kiosk, 'backhaul'), 'z'))).toBe(false);
});
