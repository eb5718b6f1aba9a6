import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAck, type AckClaim, type OwnArchives } from '../../../src/flood/decide/judge-ack.ts';
import { each, intersect, subtract, union } from '../../../src/parcel/sequence-sets.ts';
import { members, sequenceSet } from './arbitraries.ts';

function chain(digests: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const digest of digests) hash.update(digest);
  return hash.digest('hex');
}

function digestOf(sequence: number): string {
  return `digest of ${sequence}`;
}

const own: OwnArchives = { last: 60, voids: [{ first: 50, last: 55 }], digestOf, chain };

function claimOf(held: AckClaim['held'], voids: AckClaim['voids'] = []): AckClaim {
  return { held, voids, digest: chain(Array.from(each(held), digestOf)) };
}

describe('an acknowledgement of the own archives', () => {
  it('that fits lets go exactly what it covers', () => {
    fc.assert(
      fc.property(sequenceSet(), sequenceSet(), (some, others) => {
        const voids = intersect(others, own.voids);
        const held = subtract(some, voids);
        expect(judgeAck(claimOf(held, voids), own)).toEqual({ kind: 'covered', covered: union(held, voids) });
      }),
    );
  });

  it('whose digest is not that of the archives made here deletes nothing and raises an alarm', () => {
    fc.assert(
      fc.property(sequenceSet(), fc.nat(), (held, chance) => {
        fc.pre(held.length > 0);
        const sequences = [...members(held)];
        const forged = sequences[chance % sequences.length];
        const claim = {
          ...claimOf(held),
          digest: chain(
            sequences.map((sequence) => (sequence === forged ? 'another archive' : digestOf(sequence))),
          ),
        };
        expect(judgeAck(claim, own).kind).toBe('alarm');
      }),
    );
  });

  it.each([
    ['names a sequence never used', claimOf([{ first: 60, last: 61 }]), own, 'nothing after 60'],
    [
      'names all there can be',
      claimOf([], [{ first: 1, last: Number.MAX_SAFE_INTEGER }]),
      own,
      'nothing after',
    ],
    [
      'comes before anything was made',
      claimOf([{ first: 1, last: 1 }]),
      { ...own, last: 0 },
      'nothing after 0',
    ],
    ['calls lost what was never declared', claimOf([], [{ first: 49, last: 50 }]), own, '49 lost'],
    [
      'calls one both held and lost',
      claimOf([{ first: 50, last: 50 }], [{ first: 50, last: 50 }]),
      own,
      'both held and lost',
    ],
    [
      'names one whose digest is not known here',
      claimOf([{ first: 1, last: 2 }]),
      { ...own, digestOf: () => undefined },
      'not known here',
    ],
  ])('that %s raises an alarm', (_, claim, archives, words) => {
    expect(judgeAck(claim, archives)).toEqual({ kind: 'alarm', reason: expect.stringContaining(words) });
  });

  it('that says nothing covers nothing', () => {
    expect(judgeAck(claimOf([]), { ...own, last: 0 })).toEqual({ kind: 'covered', covered: [] });
  });
});
