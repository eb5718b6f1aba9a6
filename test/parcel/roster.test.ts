import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedFile, packManifest, packRoster } from '../../src/parcel/pack.ts';
import { formatRoster, isNewerRoster, openRoster, parseRoster } from '../../src/parcel/roster.ts';
import { draftRoster, guidOf, incarnation } from '../kit/enrolled.ts';
import { soundRoster } from '../kit/fleet-arbitraries.ts';
import { bufferSource, codeOf, codeOfAsync, hashed } from '../kit/judge.ts';

const document = {
  format: 'ferryman/1',
  kind: 'roster',
  number: 12,
  created: '2026-11-01T00:00:00Z',
  revoked: ['7', '20-24'],
  closed: [
    { origin: guidOf(1), incarnation },
    { origin: guidOf(2), incarnation },
  ],
};

function spelled(changes: Readonly<Record<string, unknown>> = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ ...document, ...changes }, null, 2)}\n`);
}

function open(zip: Buffer): Promise<unknown> {
  return openRoster(bufferSource(zip), hashed(zip).framing.eocdOffset);
}

describe('the manifest of a roster', () => {
  it('is written and read back the same', () => {
    fc.assert(
      fc.property(soundRoster, (roster) => {
        expect(parseRoster(formatRoster(roster))).toEqual(roster);
      }),
      { numRuns: 200 },
    );
  });

  it('is read as it is spelled by other code', () => {
    expect(formatRoster(parseRoster(spelled()))).toEqual(spelled());
  });

  it.each<[string, unknown]>([
    ['number', 0],
    ['number', '12'],
    ['created', 'yesterday'],
    ['revoked', ['20-24', '7']],
    ['revoked', ['7', '8']],
    ['revoked', [7]],
    ['revoked', ['0']],
    ['revoked', Array.from({ length: 10_001 }, (_, index) => String(2 * index + 1))],
    ['closed', [{ origin: guidOf(1) }]],
    ['closed', [{ origin: guidOf(1), incarnation: incarnation.toUpperCase() }]],
    ['closed', [{ origin: guidOf(1), incarnation: `${incarnation}0` }]],
    ['closed', [{ origin: guidOf(1), incarnation, why: 'x' }]],
    ['closed', document.closed.toReversed()],
    ['closed', [document.closed[0], document.closed[0]]],
    ['closed', guidOf(1)],
    ['files', []],
    ['kind', 'rosters'],
  ])('is refused with the wrong %s', (key, value) => {
    expect(codeOf(() => parseRoster(spelled({ [key]: value })))).toBe('manifest.malformed');
  });

  it('is refused without any one of its keys', () => {
    for (const key of Object.keys(document))
      expect([key, codeOf(() => parseRoster(spelled({ [key]: undefined })))]).toEqual([
        key,
        'manifest.malformed',
      ]);
  });
});

describe('the archive of a roster', () => {
  it('with as many serials as may be is small enough', async () => {
    const revoked = Array.from({ length: 10_000 }, (_, index) => ({
      first: 2 ** 50 + 3 * index,
      last: 2 ** 50 + 3 * index + 1,
    }));
    const roster = draftRoster({ revoked });
    expect(await open(packRoster(roster))).toEqual(roster);
  });

  it('holds nothing but the manifest', async () => {
    const zip = packManifest(spelled(), [packedFile('run.sh', Buffer.from('x'))]);
    expect(await codeOfAsync(() => open(zip))).toBe('manifest.files-differ');
  });

  it('is refused before it is inflated when its manifest is too large', async () => {
    const zip = packManifest(Buffer.concat([spelled(), Buffer.alloc(1024 * 1024, ' ')]), []);
    expect(await codeOfAsync(() => open(zip))).toBe('zip.too-large');
  });
});

describe('a roster', () => {
  const known = { number: 12, digest: 'aa'.repeat(64) };

  it('takes the place of one with a lower number, and of none', () => {
    expect(isNewerRoster(known, undefined)).toBe(true);
    expect(isNewerRoster({ ...known, number: 13 }, known)).toBe(true);
    expect(isNewerRoster(known, known)).toBe(false);
    expect(isNewerRoster({ number: 11, digest: 'bb'.repeat(64) }, known)).toBe(false);
  });

  it('of the same number that says something else is refused', () => {
    expect(codeOf(() => isNewerRoster({ number: 12, digest: 'bb'.repeat(64) }, known))).toBe('roster.fork');
  });
});
