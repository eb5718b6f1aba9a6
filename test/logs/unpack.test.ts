/** Archives from anywhere: nothing is written outside of the folder, nothing without bounds, and nothing stays of what is refused. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Headers } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import { loadSigner } from '../../src/logs/signer.ts';
import { unpackArchive } from '../../src/logs/unpack-archive.ts';
import { loadConfig } from '../../src/node/config.ts';
import { packedFile, packLog } from '../../src/parcel/pack.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey } from '../kit/office.ts';
import { LogNode, officeTrust } from './log-node.ts';

let node: LogNode;
beforeEach(() => {
  node = LogNode.make();
});
afterEach(() => {
  node.close();
  removeFolders();
});

/** An archive, signed as it should be, around any compressed tar. */
async function archiveOf(tarGz: Buffer): Promise<string> {
  const { node: who } = loadConfig(node.layout);
  const parcel = packLog(
    {
      origin: who.guid,
      incarnation: '0123456789abcdef',
      sequence: 1,
      class: 'long',
      created: '2026-11-21T08:00:00Z',
      full: true,
      voids: [],
    },
    [packedFile('logs.tar.gz', tarGz)],
    await loadSigner(node.layout, who),
  );
  const file = join(temporaryFolder(), 'archive.zip');
  writeFileSync(file, parcel);
  return file;
}

async function tarOf(...entries: readonly (Headers & { contents?: string })[]): Promise<Buffer> {
  const tar = pack();
  for (const { contents = '', ...header } of entries) tar.entry(header, contents);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (error instanceof FerrymanError) return error.code;
    throw error;
  }
}

describe.each<[string, Headers & { contents?: string }]>([
  ['an absolute path', { name: '/etc/passwd', contents: 'x' }],
  ['a path that climbs', { name: 'var/log/../../../etc/passwd', contents: 'x' }],
  ['a path elsewhere', { name: 'etc/passwd', contents: 'x' }],
  ['a symbolic link', { name: 'var/log/a', type: 'symlink', linkname: '/etc' }],
  ['a hard link', { name: 'var/log/a', type: 'link', linkname: 'etc/passwd' }],
  ['a device', { name: 'var/log/a', type: 'character-device', devmajor: 1, devminor: 3 }],
  ['a pipe', { name: 'var/log/a', type: 'fifo' }],
  ['a very long name', { name: `var/log/${'a/'.repeat(40)}b`, contents: 'x' }],
])('%s', (_what, header) => {
  test('is refused, and nothing stays', async () => {
    const folder = join(temporaryFolder(), 'out');
    const file = await archiveOf(await tarOf({ name: 'var/log/good', contents: 'good' }, header));
    expect(await codeOf(unpackArchive(file, folder, officeTrust))).toBe('logs.refused');
    expect(existsSync(folder)).toBe(false);
  });
});

test('a name that stands twice is refused', async () => {
  const twice = await archiveOf(
    await tarOf({ name: 'var/log/a', contents: '1' }, { name: 'var/log/a', contents: '2' }),
  );
  expect(await codeOf(unpackArchive(twice, join(temporaryFolder(), 'out'), officeTrust))).toBe(
    'logs.refused',
  );
});

test('a header that announces gigabytes of names is refused before they are read', async () => {
  const header = Buffer.alloc(512);
  header.write('x', 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write('17777777777\0', 124);
  header.write('00000000000\0', 136);
  header.write('x', 156); // extended header
  header.write('ustar\u000000', 257);
  header.write('        ', 148);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const bomb = gzipSync(Buffer.concat([header, Buffer.alloc(64 * 1024 * 1024, 'a')]));
  const file = await archiveOf(bomb);
  await expect(unpackArchive(file, join(temporaryFolder(), 'out'), officeTrust)).rejects.toThrow(
    'headers without end',
  );
});

test('what is no tar, and what is cut off, is refused', async () => {
  const noise = await archiveOf(gzipSync(Buffer.alloc(5000, 'no tar ')));
  const cut = await archiveOf(
    (await tarOf({ name: 'var/log/a', contents: 'x'.repeat(5000) })).subarray(0, 60),
  );
  expect(await codeOf(unpackArchive(noise, join(temporaryFolder(), 'out'), officeTrust))).toBe(
    'logs.refused',
  );
  expect(await codeOf(unpackArchive(cut, join(temporaryFolder(), 'out'), officeTrust))).toBe('logs.compress');
});

test('signed by a node that another office has enrolled: not with these keys; without keys it is unpacked and said to be unproven', async () => {
  const file = await archiveOf(await tarOf({ name: 'var/log/a', contents: 'one' }));
  const others = { trust: { keys: [publicKeyOf(fixedKey(9))], threshold: 1 }, revoked: [] };
  expect(await codeOf(unpackArchive(file, join(temporaryFolder(), 'out'), others))).toMatch(/^enrolment\./);
  const folder = join(temporaryFolder(), 'out');
  const { isProven, files } = await unpackArchive(file, folder, undefined);
  expect([isProven, files]).toEqual([false, ['var/log/a']]);
  expect(readFileSync(join(folder, 'var/log/a'), 'utf8')).toBe('one');
});

test('a folder that holds something is left alone', async () => {
  const file = await archiveOf(await tarOf({ name: 'var/log/a', contents: 'one' }));
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine'), '');
  expect(await codeOf(unpackArchive(file, folder, officeTrust))).toBe('output.exists');
  expect(readdirSync(folder)).toEqual(['mine']);
});
