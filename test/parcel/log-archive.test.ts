import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLog, nameOfLog, openLog, parseLog } from '../../src/parcel/log-archive.ts';
import { packedFile, packManifest } from '../../src/parcel/pack.ts';
import { draftLog, enrolledNode, guidOf, incarnation, signedLog } from '../kit/enrolled.ts';
import { soundLog } from '../kit/fleet-arbitraries.ts';
import { bufferSource, codeOf, codeOfAsync, hashed } from '../kit/judge.ts';

const node = enrolledNode(1, 'kiosk');
const file = { path: 'logs.tar.zst', size: 3, sha256: 'ab'.repeat(32), mode: '0644' };
const document = {
  format: 'ferryman/1',
  kind: 'log',
  origin: guidOf(1),
  incarnation,
  sequence: 12,
  class: 'long',
  created: '2026-11-01T00:00:00Z',
  previous: 'cd'.repeat(64),
  full: false,
  voids: ['3', '5-7'],
  files: [file],
};

function spelled(changes: Readonly<Record<string, unknown>> = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ ...document, ...changes }, null, 2)}\n`);
}

function open(parcel: Buffer, signer = node.guid): ReturnType<typeof openLog> {
  return openLog(bufferSource(parcel), hashed(parcel).framing.eocdOffset, signer);
}

describe('the manifest of an archive of logs', () => {
  it('is written and read back the same', () => {
    fc.assert(
      fc.property(soundLog, (manifest) => {
        expect(parseLog(formatLog(manifest))).toEqual(manifest);
      }),
      { numRuns: 200 },
    );
  });

  it('is read as it is spelled by other code, with files and without', () => {
    for (const bytes of [spelled(), spelled({ files: [] }), spelled({ previous: undefined, voids: [] })])
      expect(formatLog(parseLog(bytes))).toEqual(bytes);
    expect(nameOfLog(parseLog(spelled()))).toBe(`${guidOf(1)}/${incarnation}/12`);
  });

  it.each<[string, unknown]>([
    ['origin', 'kiosk-1'],
    ['incarnation', '1'],
    ['sequence', 0],
    ['sequence', '12'],
    ['class', 'verbose'],
    ['created', '2026-11-01T00:00:00'],
    ['previous', 'cd'.repeat(32)],
    ['full', 'no'],
    ['full', 0],
    ['voids', ['12']],
    ['voids', ['3-20']],
    ['voids', ['5-7', '3']],
    ['voids', Array.from({ length: 1001 }, () => '1')],
    ['files', [file, file]],
    ['files', [{ ...file, mode: '0777' }]],
    ['files', Array.from({ length: 17 }, (_, index) => ({ ...file, path: `f${10 + index}` }))],
    ['title', 'x'],
    ['kind', 'logs'],
  ])('is refused with the wrong %s', (key, value) => {
    expect(codeOf(() => parseLog(spelled({ [key]: value })))).toBe('manifest.malformed');
  });

  it('is refused without any one of the keys that it must have', () => {
    for (const key of Object.keys(document).filter((one) => one !== 'previous'))
      expect([key, codeOf(() => parseLog(spelled({ [key]: undefined })))]).toEqual([
        key,
        'manifest.malformed',
      ]);
  });
});

describe('an archive of logs', () => {
  it('is opened with the files that were packed, in whatever order they came', async () => {
    const parcel = signedLog(node, { class: 'short' }, { 'ledger.jsonl': 'a\n', 'contacts.jsonl': 'b\n' });
    const { manifest, entries } = await open(parcel);
    expect(manifest).toMatchObject(draftLog(node.guid, { class: 'short' }));
    expect(manifest.files.map(({ path }) => path)).toEqual(['contacts.jsonl', 'ledger.jsonl']);
    expect(entries.map(({ path }) => path)).toEqual(['contacts.jsonl', 'ledger.jsonl']);
  });

  it('is refused when it names another node than the one that signed it', async () => {
    expect(await codeOfAsync(() => open(signedLog(node), guidOf(2)))).toBe('enrolment.other-node');
  });

  it('is refused when a file is not listed, or is not there', async () => {
    const one = packedFile('ledger.jsonl', Buffer.from('{}'));
    const manifest = formatLog({ ...draftLog(node.guid), files: [] });
    expect(await codeOfAsync(() => open(packManifest(manifest, [one])))).toBe('manifest.files-differ');
    expect(await codeOfAsync(() => open(packManifest(spelled(), [])))).toBe('manifest.files-differ');
  });

  it('of class short is refused above 256 KiB, and of class long is not', async () => {
    const noise = Buffer.from(
      fc.sample(fc.uint8Array({ minLength: 999, maxLength: 999 }), 300).flatMap((one) => [...one]),
    );
    expect(noise.length).toBeGreaterThan(256 * 1024);
    const files = { 'logs.tar.zst': noise };
    expect(await codeOfAsync(() => open(signedLog(node, { class: 'short' }, files)))).toBe(
      'archive.too-large',
    );
    expect(await codeOfAsync(() => open(signedLog(node, { class: 'long' }, files)))).toBeUndefined();
  });

  it('is refused before its directory is read when it is above 32 MiB', async () => {
    const parcel = signedLog(node);
    const huge = { ...bufferSource(parcel), size: 32 * 1024 * 1024 + 1 };
    expect(await codeOfAsync(() => openLog(huge, 0, node.guid))).toBe('archive.too-large');
  });

  it('is refused when it would grow above 64 MiB', async () => {
    const bomb = signedLog(node, {}, { 'ledger.jsonl': Buffer.alloc(64 * 1024 * 1024 + 1) });
    expect(bomb.length).toBeLessThan(128 * 1024);
    expect(await codeOfAsync(() => open(bomb))).toBe('archive.too-large');
  });

  it('is refused when its manifest is larger than any that is sound', async () => {
    const zip = packManifest(Buffer.concat([spelled(), Buffer.alloc(64 * 1024, ' ')]), []);
    expect(await codeOfAsync(() => open(zip))).toBe('zip.too-large');
  });
});
