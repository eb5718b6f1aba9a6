/** Damage of every kind, everywhere in a small parcel. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deputyKey, officeKey } from '../../fixtures/kit/keys.ts';
import { FerrymanError, type ErrorCode } from '../../src/errors.ts';
import { codeOf, hashed, readArchive, verified } from '../kit/judge.ts';
import { signedUpdate, signZip, trusted, unsignedUpdate, type Draft } from '../kit/office.ts';

/** Small, with a stored and a deflated file. */
const draft: Draft = { title: 'small', script: 'exit 0', files: { 'data.txt': 'again '.repeat(40) } };
const trust = { keys: trusted(officeKey), threshold: 1 };
const bothTrusted = { keys: trusted(officeKey, deputyKey), threshold: 1 };

/** All that changed bytes can be called before anything in the archive is read. */
const beforeArchive: readonly ErrorCode[] = [
  'framing.truncated',
  'framing.unsigned',
  'signature.malformed',
  'signature.legacy',
  'verify.bad-signature',
];

function flipped(bytes: Buffer, offset: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ (1 << bit);
  return copy;
}

/** Every copy with one bit flipped, from one offset to another. */
function* allFlips(bytes: Buffer, from = 0, to = bytes.length): Generator<Buffer> {
  for (let offset = from; offset < to; offset++)
    for (let bit = 0; bit < 8; bit++) yield flipped(bytes, offset, bit);
}

/** How many copies came to each code; `accepted` where none. */
function tally(copies: Iterable<Buffer>, check: (copy: Buffer) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const copy of copies) {
    const code = check(copy) ?? 'accepted';
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

describe('a parcel with one signature', () => {
  const parcel = signedUpdate(draft, officeKey);

  it('is accepted as it is', () => {
    expect(verified(parcel, trust).digest).toBe(hashed(parcel).digest);
  });

  it('is refused with any one bit flipped, before anything in the archive is read', () => {
    const counts = tally(allFlips(parcel), (copy) => codeOf(() => verified(copy, trust)));
    expect([...counts.keys()].filter((code) => !beforeArchive.includes(code as ErrorCode))).toEqual([]);
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(parcel.length * 8);
    // Whatever is flipped in S leaves the framing alone, and only the signature tells.
    expect(counts.get('verify.bad-signature')).toBeGreaterThan(unsignedUpdate(draft).length * 7);
  });

  it('is refused when it is cut off anywhere', () => {
    const cuts = Array.from(parcel.keys(), (length) => parcel.subarray(0, length));
    const counts = tally(cuts, (copy) => codeOf(() => verified(copy, trust)));
    expect(counts).toEqual(new Map([['framing.truncated', parcel.length]]));
  });

  it('is refused when bytes are missing at its beginning', () => {
    const cuts = Array.from(parcel.keys(), (length) => parcel.subarray(length + 1));
    const counts = tally(cuts, (copy) => codeOf(() => verified(copy, trust)));
    const { eocdOffset } = hashed(parcel).framing;
    expect(counts).toEqual(
      new Map([
        ['verify.bad-signature', eocdOffset],
        ['framing.truncated', parcel.length - eocdOffset],
      ]),
    );
  });

  const others = [
    ['line feeds', (length: number) => Buffer.alloc(length, '\n')],
    ['zeros', (length: number) => Buffer.alloc(length)],
    ['text', (length: number) => Buffer.alloc(length, 'untrusted comment: ')],
    ['its own beginning', (length: number) => Buffer.alloc(length, parcel)],
  ] as const;
  const lengths = [1, 2, 3, 4, 21, 22, 23, 1024, 16_406, 65_535, 65_536, 1_000_000];
  for (const [what, make] of others) {
    it(`is refused with ${what} behind it, few or many`, () => {
      const longer = lengths.map((length) => Buffer.concat([parcel, make(length)]));
      expect(longer.map((copy) => codeOf(() => verified(copy, trust)))).toEqual(
        lengths.map(() => 'framing.truncated'),
      );
    });

    it(`is refused with ${what} in front, few or many`, () => {
      const longer = lengths.map((length) => Buffer.concat([make(length), parcel]));
      expect(longer.map((copy) => codeOf(() => verified(copy, trust)))).toEqual(
        lengths.map(() => 'verify.bad-signature'),
      );
    });
  }

  it('is refused after any edit that leaves it another file', () => {
    const edit = fc.record({
      at: fc.nat(parcel.length),
      drop: fc.nat(40),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ maxLength: 40 }).map((text) => Buffer.from(text)),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const edited = edits.reduce(
          (bytes, { at, drop, put }) =>
            Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]),
          parcel,
        );
        fc.pre(!edited.equals(parcel));
        expect(codeOf(() => verified(edited, trust))).toBeOneOf([...beforeArchive]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a parcel with two signatures, of which one is enough', () => {
  const parcel = signedUpdate(draft, officeKey, deputyKey);
  const { digest, framing } = hashed(parcel);
  const comment = parcel.length - framing.comment.length;
  const second = comment + framing.comment.length / 2;

  it('is refused with any one bit flipped while both keys are trusted', () => {
    const counts = tally(allFlips(parcel), (copy) => codeOf(() => verified(copy, bothTrusted)));
    expect([...counts.keys()].filter((code) => !beforeArchive.includes(code as ErrorCode))).toEqual([]);
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(parcel.length * 8);
  });

  it('is refused or keeps its digest with a bit flipped in the signature of a key that is not trusted', () => {
    const copies = [...allFlips(parcel, second)].filter((_, index) => index % 9 === 0);
    const counts = tally(copies, (copy) => {
      const code = codeOf(() => verified(copy, trust));
      return code ?? (hashed(copy).digest === digest ? 'the same digest' : 'another digest');
    });
    expect([...counts.keys()].toSorted()).toEqual([
      'framing.truncated',
      'signature.legacy',
      'signature.malformed',
      'the same digest',
    ]);
  });

  it('is refused when it is cut off anywhere', () => {
    const cuts = Array.from(parcel.keys(), (length) => parcel.subarray(0, length));
    const counts = tally(cuts, (copy) => codeOf(() => verified(copy, bothTrusted)));
    expect(counts).toEqual(new Map([['framing.truncated', parcel.length]]));
  });
});

describe('an archive with any one bit flipped and signed again', () => {
  it('is refused by the reader, or holds the same files', async () => {
    const zip = unsignedUpdate(draft);
    const intact = await readArchive(signZip(zip, officeKey));
    const codes = new Set<string>();
    let same = 0;
    for (const copy of allFlips(zip)) {
      try {
        expect(await readArchive(copy)).toEqual(intact);
        same++;
      } catch (error) {
        if (!(error instanceof FerrymanError)) throw error;
        codes.add(error.code);
      }
    }
    // The last byte of a deflate stream can have bits that mean nothing.
    expect(same).toBeLessThan(8 * 2);
    expect([...codes].toSorted()).toEqual([
      'framing.truncated',
      'manifest.files-differ',
      'manifest.malformed',
      'zip.bad-name',
      'zip.damaged',
      'zip.not-canonical',
      'zip.too-large',
    ]);
  });
});
