import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coveredBy, formatAck, openAck, parseAck } from '../../src/parcel/acknowledgement.ts';
import { chainOver, emptyChain, extendChain } from '../../src/parcel/chain.ts';
import { packAck, packedFile, packManifest } from '../../src/parcel/pack.ts';
import { formatRange } from '../../src/parcel/sequences.ts';
import { draftAck, enrolledNode, guidOf, incarnation, signedAck } from '../kit/enrolled.ts';
import { soundAck } from '../kit/fleet-arbitraries.ts';
import { bufferSource, codeOf, codeOfAsync, hashed } from '../kit/judge.ts';

const proxy = enrolledNode(9, 'proxy');
const origin = { origin: guidOf(1), incarnation, held: ['1-7', '9'], voids: ['8'], digest: 'ab'.repeat(32) };
const document = {
  format: 'ferryman/1',
  kind: 'ack',
  proxy: proxy.guid,
  epoch: 'fedcba9876543210',
  number: 3,
  shard: 0,
  created: '2026-11-01T00:00:00Z',
  origins: [origin, { ...origin, origin: guidOf(2) }],
};

function spelled(changes: Readonly<Record<string, unknown>> = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ ...document, ...changes }, null, 2)}\n`);
}

function open(parcel: Buffer, signer = proxy.guid): ReturnType<typeof openAck> {
  return openAck(bufferSource(parcel), hashed(parcel).framing.eocdOffset, signer);
}

describe('the manifest of an acknowledgement', () => {
  it('is written and read back the same', () => {
    fc.assert(
      fc.property(soundAck, (ack) => {
        expect(parseAck(formatAck(ack))).toEqual(ack);
      }),
      { numRuns: 200 },
    );
  });

  it('is read as it is spelled by other code', () => {
    expect(formatAck(parseAck(spelled()))).toEqual(spelled());
  });

  it.each<[string, unknown]>([
    ['proxy', 'proxy-1'],
    ['epoch', '1'],
    ['number', 0],
    ['shard', -1],
    ['shard', 65_536],
    ['created', ''],
    ['origins', document.origins.toReversed()],
    ['origins', [origin, origin]],
    ['origins', [{ ...origin, voids: ['7-8'] }]],
    ['origins', [{ ...origin, held: ['9', '1-7'] }]],
    ['origins', [{ ...origin, held: ['1-7', '8'] }]],
    ['origins', [{ ...origin, digest: 'ab'.repeat(64) }]],
    ['origins', [{ ...origin, incarnation: 'x'.repeat(16) }]],
    ['origins', [{ ...origin, floor: 7 }]],
    ['origins', [{ ...origin, held: Array.from({ length: 10_001 }, (_, index) => String(2 * index + 1)) }]],
    ['origins', Array.from({ length: 251 }, (_, index) => ({ ...origin, origin: guidOf(index) }))],
    ['files', []],
    ['kind', 'acks'],
  ])('is refused with the wrong %s', (key, value) => {
    expect(codeOf(() => parseAck(spelled({ [key]: value })))).toBe('manifest.malformed');
  });

  it('is refused without any one of its keys', () => {
    for (const key of Object.keys(document))
      expect([key, codeOf(() => parseAck(spelled({ [key]: undefined })))]).toEqual([
        key,
        'manifest.malformed',
      ]);
  });

  it('covers what is held and what is lost', () => {
    const [first] = parseAck(spelled()).origins;
    expect(first && coveredBy(first).map(formatRange)).toEqual(['1-9']);
  });
});

describe('an acknowledgement', () => {
  const origins = Array.from({ length: 250 }, (_, index) => ({
    origin: guidOf(index),
    incarnation,
    held: [{ first: 1, last: 9_000_000_000 + index }],
    voids: [],
    digest: 'ab'.repeat(32),
  }));

  it('of as many origins as may be takes some 30 KB, and says the same when it is opened', async () => {
    const parcel = signedAck(proxy, { origins });
    expect(parcel.length).toBeLessThan(30_000);
    expect(await open(parcel)).toEqual(draftAck(proxy.guid, { origins }));
  });

  it('is refused when it names another proxy than the one that signed it', async () => {
    expect(await codeOfAsync(() => open(signedAck(proxy), guidOf(8)))).toBe('enrolment.other-node');
  });

  it('holds nothing but the manifest', async () => {
    const zip = packManifest(spelled(), [packedFile('run.sh', Buffer.from('x'))]);
    expect(await codeOfAsync(() => open(zip))).toBe('manifest.files-differ');
  });

  it('above 1 MiB is neither made nor read', async () => {
    const held = Array.from({ length: 10_000 }, (_, index) => ({
      first: 2 * index + 1,
      last: 2 * index + 1,
    }));
    const torn = origins.map((one) => ({ ...one, held }));
    const ack = draftAck(proxy.guid, { origins: torn });
    expect(codeOf(() => packAck(ack, proxy))).toBe('zip.too-large');
    expect(await codeOfAsync(() => open(packManifest(formatAck(ack), [])))).toBe('zip.too-large');
  });
});

describe('the chain', () => {
  const digests = [1, 2, 3].map((byte) => Buffer.alloc(64, byte).toString('hex'));

  it('is what the format says', () => {
    let expected = Buffer.alloc(32);
    for (const digest of digests)
      expected = createHash('sha256').update(expected).update(Buffer.from(digest, 'hex')).digest();
    expect(chainOver(digests)).toBe(expected.toString('hex'));
    expect(chainOver([])).toBe(emptyChain);
    expect(extendChain(chainOver(digests.slice(0, 2)), digests[2] ?? '')).toBe(chainOver(digests));
  });

  it('differs when any archive differs, is missing, or stands elsewhere', () => {
    const chains = [
      digests,
      digests.slice(1),
      digests.toReversed(),
      [...digests.slice(0, 2), 'ff'.repeat(64)],
    ];
    expect(new Set(chains.map((one) => chainOver(one))).size).toBe(chains.length);
  });
});
