/** The bounded capture by itself: what is written in any pieces is kept head and tail, and the cut is counted right. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { array, assert, integer, property } from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { OutputWriter, readOutput } from '../../src/run/capture.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

const segment = 256 * 1024;

/** Bytes of which every four tell where they stood. */
function numbered(bytes: number): Buffer {
  const buffer = Buffer.alloc(Math.ceil(bytes / 4) * 4);
  for (let at = 0; at < buffer.length; at += 4) buffer.writeUInt32BE(at, at);
  return buffer.subarray(0, bytes);
}

const long = numbered(6 * segment);
let folders = 0;
const base = temporaryFolder();

function capture(pieces: readonly Buffer[]): { kept: Buffer; folder: string } {
  const folder = join(base, String((folders += 1)));
  mkdirSync(folder);
  const writer = new OutputWriter(folder);
  for (const piece of pieces) writer.write(piece);
  writer.close();
  return { kept: readOutput(folder), folder };
}

function split(kept: Buffer): { head: Buffer; dropped: number; tail: Buffer } {
  const begin = kept.indexOf('\n[… ');
  if (begin === -1) return { head: kept, dropped: 0, tail: Buffer.alloc(0) };
  const mark = /^\n\[… (\d+) bytes of output cut here …\]\n/.exec(kept.subarray(begin).toString('utf8')) ?? [
    '',
  ];
  const after = begin + Buffer.byteLength(mark[0]);
  return { head: kept.subarray(0, begin), dropped: Number(mark[1]), tail: kept.subarray(after) };
}

test.each([0, 1, segment - 1, segment, segment + 1, 2 * segment, 3 * segment])(
  'of %i bytes nothing is cut',
  (bytes) => {
    expect(capture([long.subarray(0, bytes)]).kept.equals(long.subarray(0, bytes))).toBe(true);
  },
);

test.each([3 * segment + 1, 4 * segment, 4 * segment + 1, 5 * segment + 7, 6 * segment])(
  'of %i bytes the first 256 KiB and the last are kept, and the cut says how many are missing between',
  (bytes) => {
    const { head, dropped, tail } = split(capture([long.subarray(0, bytes)]).kept);
    expect(head.equals(long.subarray(0, segment))).toBe(true);
    expect(tail.length).toBeGreaterThanOrEqual(segment);
    expect(tail.equals(long.subarray(bytes - tail.length, bytes))).toBe(true);
    expect(dropped).toBe(bytes - head.length - tail.length);
  },
);

test('in whatever pieces output comes, the same is kept', () => {
  const pieces = array(integer({ min: 0, max: 400_000 }), { maxLength: 12 });
  assert(
    property(pieces, (lengths) => {
      let at = 0;
      const chunks = lengths.map((length) => {
        const chunk = long.subarray(at, Math.min(at + length, long.length));
        at += chunk.length;
        return chunk;
      });
      expect(capture(chunks).kept.equals(capture([long.subarray(0, at)]).kept)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('the capture never holds more than 768 KiB on the disk', () => {
  const { folder } = capture(Array.from({ length: 40 }, () => long));
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThan(3 * segment + 100);
});

test('a folder that has gone loses the output and harms nothing', () => {
  const writer = new OutputWriter(join(base, 'is not there'));
  writer.write(long);
  writer.close();
  expect(readOutput(join(base, 'is not there'))).toHaveLength(0);
});
