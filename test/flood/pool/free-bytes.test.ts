import { expect, test } from 'vitest';
import { freeBytesIn } from '../../../src/flood/pool/free-bytes.ts';

const gigabyte = { bavail: 262_144, bsize: 4096 };

test('a disk that has room for few files more has little room, whatever is free of its bytes', () => {
  expect(freeBytesIn({ ...gigabyte, files: 1_000_000, ffree: 900_000 })).toBe(2 ** 30);
  expect(freeBytesIn({ ...gigabyte, files: 1_000_000, ffree: 10 })).toBe(40_960);
  expect(freeBytesIn({ ...gigabyte, files: 1_000_000, ffree: 0 })).toBe(0);
});

test('one that counts no files has the room of its bytes', () => {
  expect(freeBytesIn({ ...gigabyte, files: 0, ffree: 0 })).toBe(2 ** 30);
});
