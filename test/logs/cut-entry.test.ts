/** Entries of the journal that are larger than an archive may hold: cut, with a mark, and the journal goes on. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExportReader } from '../../src/logs/journal.ts';

interface Field {
  readonly name: string;
  readonly value: Buffer;
  readonly isText: boolean;
}

function length(value: Buffer): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value.length));
  return bytes;
}

function spell(fields: readonly Field[]): Buffer {
  const spelled = fields.map(({ name, value, isText }) =>
    isText
      ? Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from('\n')])
      : Buffer.concat([Buffer.from(`${name}\n`), length(value), value, Buffer.from('\n')]),
  );
  return Buffer.concat([...spelled, Buffer.from('\n')]);
}

/** An entry as journalctl tells it. */
function entry(number: number, ...more: Field[]): Buffer {
  return spell([{ name: '__CURSOR', value: Buffer.from(`c${number}`), isText: true }, ...more]);
}

function text(name: string, value: string): Field {
  return { name, value: Buffer.from(value), isText: true };
}

/** Packs archive after archive, each of at most so many bytes; journalctl goes on behind the cursor. */
function packed(entries: readonly Buffer[], maxBytes: number, chunkBytes: number): Buffer[] {
  const archives: Buffer[] = [];
  for (let next = 0; next < entries.length;) {
    const reader = new ExportReader(maxBytes);
    const all = Buffer.concat(entries.slice(next));
    const pieces: Buffer[] = [];
    for (let at = 0; at < all.length && !reader.isFull; at += chunkBytes)
      for (const piece of reader.take(all.subarray(at, at + chunkBytes))) pieces.push(Buffer.from(piece));
    const upTo = Number(reader.cursor?.slice(1) ?? -1) + 1;
    if (upTo <= next) throw new Error(`stands still at ${next}`);
    archives.push(Buffer.concat(pieces));
    next = upTo;
  }
  return archives;
}

test('one is cut with a mark, what is small of it stays whole, and those around it are as they were', () => {
  const large = entry(
    1,
    text('PRIORITY', '3'),
    text('MESSAGE', 'm'.repeat(300_000)),
    { name: 'COREDUMP', value: Buffer.alloc(700_000, '\n'), isText: false },
    text('UNIT', 'a.service'),
  );
  const [first, second, third, ...more] = packed([entry(0), large, entry(2)], 500_000, 65_536);
  expect(more).toEqual([]);
  expect(first).toEqual(entry(0));
  expect(third).toBeUndefined();
  const mark = 'FERRYMAN_CUT=MESSAGE of 300000 bytes, COREDUMP of 700000 bytes';
  const kept = entry(
    1,
    text('PRIORITY', '3'),
    text('MESSAGE', 'm'.repeat(64 * 1024 - 'MESSAGE='.length)),
    { name: 'COREDUMP', value: Buffer.alloc(64 * 1024, '\n'), isText: false },
    text('UNIT', 'a.service'),
  );
  expect(second).toEqual(Buffer.concat([kept.subarray(0, -1), Buffer.from(`${mark}\n\n`), entry(2)]));
});

test('one of a great many fields keeps those for which there is room, and tells how many it has lost', () => {
  const fields = Array.from({ length: 1000 }, (_, index) => text(`F${index}`, 'x'.repeat(1000)));
  const [cut] = packed([entry(0, ...fields)], 400_000, 10_000);
  expect(cut?.length).toBeLessThan(210_000);
  expect(cut?.includes('F197=xxx')).toBe(true);
  expect(cut?.toString()).toMatch(/\nFERRYMAN_CUT=F19\d of 1000 bytes, .* and|, 70\d more\n\n$/);
});

const archiveBytes = 800;

const field = fc.record({
  name: fc.constantFrom('A', 'MESSAGE', 'B_C'),
  value: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
  isText: fc.constant(false),
});
const entries = fc
  .array(fc.array(field, { maxLength: 5 }), { minLength: 1, maxLength: 8 })
  .map((all) => all.map((fields, index) => entry(index, ...fields)));

/** What is wrong with an entry at this place; and where the next one begins. */
function look(home: Buffer, at: number, index: number, one: Buffer): [string[], number] {
  if (one.length <= archiveBytes) {
    const isSame = home.subarray(at, at + one.length).equals(one);
    return [isSame ? [] : [`entry ${index} is another`], at + one.length];
  }
  const end = home.indexOf(Buffer.from('\n\n'), home.indexOf(Buffer.from('FERRYMAN_CUT='), at)) + 2;
  const isCut = home.toString('latin1', at, end).startsWith(`__CURSOR=c${index}\n`);
  return [isCut && end - at < archiveBytes ? [] : [`entry ${index} is not cut as it should be`], end];
}

test('whatever is in entries and wherever they are torn apart, each comes once, whole or marked, and none stops the rest', () => {
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 700 }), (all, chunkBytes) => {
      const home = Buffer.concat(packed(all, archiveBytes, chunkBytes));
      const wrong: string[] = [];
      let at = 0;
      for (const [index, one] of all.entries()) {
        const [found, next] = look(home, at, index, one);
        wrong.push(...found);
        at = next;
      }
      expect(wrong).toEqual([]);
      expect(at).toBe(home.length);
    }),
  );
});
