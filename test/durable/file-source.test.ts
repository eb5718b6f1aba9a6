import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileChunks, withFile } from '../../src/durable/file-source.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

it('reading a small file takes little memory: relays read thousands', async () => {
  const file = join(temporaryFolder(), 'small');
  writeFileSync(file, Buffer.alloc(3000, 7));
  const rooms: number[] = [];
  const chunks: Buffer[] = [];
  await withFile(file, 'refuse', async (fd) => {
    for await (const chunk of fileChunks(fd)) {
      rooms.push(chunk.buffer.byteLength);
      chunks.push(Buffer.from(chunk));
    }
  });
  expect(Math.max(...rooms)).toBeLessThan(64 * 1024);
  expect(Buffer.concat(chunks)).toEqual(Buffer.alloc(3000, 7));
});

it('a file that grows while it is read is read to its end', async () => {
  const file = join(temporaryFolder(), 'growing');
  writeFileSync(file, '');
  const appended = ['one', 'and two', 'and three, which is longer'];
  let text = '';
  await withFile(file, 'refuse', async (fd) => {
    appendFileSync(file, 'begun');
    for await (const chunk of fileChunks(fd)) {
      text += chunk.toString();
      appendFileSync(file, appended.shift() ?? '');
    }
  });
  expect(text).toBe('begunoneand twoand three, which is longer');
});
