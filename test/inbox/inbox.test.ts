/** The inbox: a parcel stands there whole and durable, or not at all; it is bounded, private, and forgets no one's source. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { listInbox, receiveFile, storeInInbox, sweepInbox } from '../../src/inbox/inbox.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { digestOf, fixedKey, signZip, unsignedUpdate } from '../kit/office.ts';

afterAll(removeFolders);

let inbox: string;
beforeEach(() => {
  inbox = temporaryFolder();
});

async function* pieces(...chunks: readonly (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

function code(of: string): Error {
  return expect.objectContaining({ code: of }) as Error;
}

test('a file stands under its channel and the hash of all its bytes, read-only for root alone', async () => {
  const { path, fileHash, channel } = await storeInInbox(inbox, 'flood', pieces('any ', 'bytes'));
  expect(fileHash).toBe(createHash('blake2b512').update('any bytes').digest('hex'));
  expect(path).toBe(join(inbox, `flood.${fileHash}.parcel`));
  expect(channel).toBe('flood');
  expect(readFileSync(path, 'utf8')).toBe('any bytes');
  expect(statSync(path).mode & 0o777).toBe(0o400);
  expect(listInbox(inbox)).toEqual([{ path, channel, fileHash }]);
});

test('a parcel is known by its digest at once, whatever its signatures', async () => {
  const zip = unsignedUpdate({});
  const one = await storeInInbox(inbox, 'usb', pieces(signZip(zip, fixedKey(1))));
  const two = await storeInInbox(inbox, 'usb', pieces(signZip(zip, fixedKey(1), fixedKey(2))));
  expect([one.hashed?.digest, two.hashed?.digest]).toEqual([digestOf(zip), digestOf(zip)]);
  expect(one.path).not.toBe(two.path);
  expect((await storeInInbox(inbox, 'usb', pieces('no parcel'))).hashed).toBeUndefined();
});

test('the same bytes by the same channel are one file, by another channel another', async () => {
  for (const channel of ['usb', 'usb', 'flood'] as const) await storeInInbox(inbox, channel, pieces('bytes'));
  expect(listInbox(inbox).map(({ channel }) => channel)).toEqual(['flood', 'usb']);
});

async function* broken(): AsyncGenerator<Buffer> {
  yield Buffer.from('half');
  throw new RangeError('the key was pulled out');
}

describe('nothing is left of a parcel', () => {
  test('whose source fails in the middle', async () => {
    await expect(storeInInbox(inbox, 'usb', broken())).rejects.toThrow('the key was pulled out');
    expect(readdirSync(inbox)).toEqual([]);
  });

  test('when a thousand wait already', async () => {
    for (let index = 0; index < 1000; index += 1) writeFileSync(join(inbox, `usb.${index}.parcel`), '');
    await expect(storeInInbox(inbox, 'usb', pieces('one more'))).rejects.toThrowError(code('inbox.too-many'));
    expect(readdirSync(inbox)).toHaveLength(1000);
  });
});

describe('a source', () => {
  test('is left as it is', async () => {
    const path = join(temporaryFolder(), 'a.zip');
    writeFileSync(path, 'bytes');
    utimesSync(path, 1, 1);
    await receiveFile(inbox, 'usb', path, 'refuse');
    expect(statSync(path)).toMatchObject({ mtimeMs: 1000, size: 5 });
  });

  test('that is a link is followed for a person, not for a channel', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'real'), 'bytes');
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    await expect(receiveFile(inbox, 'usb', join(folder, 'link'), 'refuse')).rejects.toThrowError(
      code('source.unreadable'),
    );
    expect((await receiveFile(inbox, 'usb', join(folder, 'link'), 'follow')).channel).toBe('usb');
  });

  test('that is a fifo is not waited for', async () => {
    const fifo = join(temporaryFolder(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(receiveFile(inbox, 'usb', fifo, 'follow')).rejects.toThrowError(code('source.unreadable'));
  });
});

test('a sweep removes what a dead process left half-written, and nothing else', async () => {
  const { path } = await storeInInbox(inbox, 'usb', pieces('whole'));
  const dead = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
  writeFileSync(join(inbox, `.usb.abcdef.${dead}.part`), 'half');
  writeFileSync(join(inbox, `.usb.abcdef.${process.pid}.part`), 'being written');
  chmodSync(path, 0o400);
  sweepInbox(inbox);
  expect(existsSync(path)).toBe(true);
  expect(readdirSync(inbox).filter((name) => name.endsWith('.part'))).toEqual([
    `.usb.abcdef.${process.pid}.part`,
  ]);
});

test('what does not belong there is not looked at', () => {
  for (const name of ['note.txt', 'pigeon.abc.parcel', 'usb.abc.zip', '.knock', 'usb.parcel'])
    writeFileSync(join(inbox, name), '');
  expect(listInbox(inbox)).toEqual([]);
});
