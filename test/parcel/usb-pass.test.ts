import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { readAnyParcel } from '../../src/parcel/any-parcel.ts';
import { openArchive } from '../../src/parcel/archive.ts';
import { formatManifest, parseManifest } from '../../src/parcel/manifest.ts';
import { formatUsbPass, openUsbPass, parseUsbPass } from '../../src/parcel/usb-pass.ts';
import { isVolumeId, normaliseVolumeId } from '../../src/parcel/volume-id.ts';
import { packManifest } from '../../src/parcel/pack.ts';
import { soundPass } from '../kit/arbitraries.ts';
import { bufferSource, codeOf, codeOfAsync, hashed, refusal } from '../kit/judge.ts';
import { draftParts, draftPass, signedPass, signedUpdate } from '../kit/office.ts';

const document = {
  format: 'ferryman/1',
  kind: 'usb-pass',
  volume: '3EF5-2A49',
  serial: '4C530001',
  technician: 'Ravi Kumar',
  recipients: ['all'],
  created: '2026-11-01T00:00:00Z',
  notAfter: '2026-12-31T23:59:59Z',
  uses: 3,
  may: ['apply', 'collect-logs'],
};

function spelled(changes: Readonly<Record<string, unknown>> = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ ...document, ...changes }, null, 2)}\n`);
}

function reads(parcel: Buffer): { readonly source: ReturnType<typeof bufferSource>; readonly end: number } {
  return { source: bufferSource(parcel), end: hashed(parcel).framing.eocdOffset };
}

describe('the manifest of a pass', () => {
  it('is written and read back the same', () => {
    fc.assert(
      fc.property(soundPass, (pass) => {
        expect(parseUsbPass(formatUsbPass(pass))).toEqual(pass);
      }),
      { numRuns: 300 },
    );
  });

  it('is read as it is spelled by other code', () => {
    expect(formatUsbPass(parseUsbPass(spelled()))).toEqual(spelled());
  });

  it.each<[string, unknown]>([
    ['volume', '3ef5-2a49'],
    ['volume', '3EF52A49'],
    ['volume', '0000-0000'],
    ['volume', '2F2B1F0E-0000-4000-8000-000000000000'],
    ['volume', ''],
    ['serial', ''],
    ['serial', ' 4C53'],
    ['serial', '4C\u001b[2J'],
    ['serial', 'x'.repeat(201)],
    ['technician', ''],
    ['technician', 'Ravi '],
    ['technician', 'Ravi\u202eramuK'],
    ['technician', 'x'.repeat(101)],
    ['recipients', []],
    ['recipients', ['all', 'all']],
    ['recipients', ['everybody']],
    ['recipients', Array.from({ length: 1001 }, (_, index) => `group:g${index}`)],
    ['created', '2026-11-01'],
    ['notAfter', '2026-11-01T00:00:00Z'],
    ['uses', 0],
    ['uses', 1.5],
    ['uses', '3'],
    ['may', []],
    ['may', ['collect-logs', 'apply']],
    ['may', ['apply', 'apply']],
    ['may', ['format-disk']],
    ['files', []],
    ['kind', 'rosters'],
  ])('is refused with the wrong %s %j', (key, value) => {
    expect(codeOf(() => parseUsbPass(spelled({ [key]: value })))).toBe('manifest.malformed');
  });

  it('is refused without any one of the keys that it must have', () => {
    for (const key of ['format', 'kind', 'volume', 'technician', 'recipients', 'created', 'may'])
      expect([key, codeOf(() => parseUsbPass(spelled({ [key]: undefined })))]).toEqual([
        key,
        'manifest.malformed',
      ]);
  });

  it('may lack the others', () => {
    const bare = spelled({ serial: undefined, notAfter: undefined, uses: undefined });
    expect(parseUsbPass(bare)).toEqual({
      volume: '3EF5-2A49',
      technician: 'Ravi Kumar',
      recipients: ['all'],
      created: '2026-11-01T00:00:00Z',
      may: ['apply', 'collect-logs'],
    });
  });

  it('has one spelling', () => {
    const text = spelled().toString();
    for (const other of [
      text.trimEnd(),
      text.replaceAll('  ', ' '),
      text.replace('"uses": 3', '"uses": 3.0'),
    ])
      expect(codeOf(() => parseUsbPass(Buffer.from(other)))).toBe('manifest.malformed');
  });
});

describe('a reader of one kind of parcel', () => {
  it('refuses a pass in place of an update, and says what it is', async () => {
    const message = 'manifest.json: expected an update, found a pass for a USB key';
    expect(refusal(() => parseManifest(spelled()))).toMatchObject({ code: 'manifest.other-kind', message });
    const { source, end } = reads(signedPass({}, officeKey));
    expect(await codeOfAsync(() => openArchive(source, end))).toBe('manifest.other-kind');
  });

  it('refuses an update in place of a pass, and says what it is', async () => {
    const update = formatManifest(draftParts({}).manifest);
    const message = 'manifest.json: expected a pass for a USB key, found an update';
    expect(refusal(() => parseUsbPass(update))).toMatchObject({ code: 'manifest.other-kind', message });
    const { source, end } = reads(signedUpdate({}, officeKey));
    expect(await codeOfAsync(() => openUsbPass(source, end))).toBe('manifest.other-kind');
  });

  it('of any kind tells them apart', async () => {
    const pass = reads(signedPass({}, officeKey));
    expect(await readAnyParcel(pass.source, pass.end)).toEqual({ kind: 'usb-pass', manifest: draftPass() });
    const update = reads(signedUpdate({}, officeKey));
    expect(await readAnyParcel(update.source, update.end)).toMatchObject({
      kind: 'update',
      manifest: { sequence: 1 },
    });
  });
});

describe('the archive of a pass', () => {
  it('holds nothing but the manifest', async () => {
    const [file] = draftParts({}).files;
    const stuffed = packManifest(formatUsbPass(draftPass()), file ? [file] : []);
    const { source, end } = reads(stuffed);
    expect(await codeOfAsync(() => openUsbPass(source, end))).toBe('manifest.files-differ');
  });

  it('is refused before it is inflated when its manifest is too large', async () => {
    const padded = Buffer.concat([formatUsbPass(draftPass()), Buffer.alloc(64 * 1024, ' ')]);
    const { source, end } = reads(packManifest(padded, []));
    expect(await codeOfAsync(() => openUsbPass(source, end))).toBe('zip.too-large');
  });

  it('of as many nodes as a pass may name is small enough', () => {
    const recipients = fc.sample(fc.uuid(), { numRuns: 1000, seed: 1 });
    expect(signedPass({ recipients }, officeKey).length).toBeLessThan(48 * 1024);
  });
});

describe('the UUID of a volume', () => {
  it.each([
    ['3EF5-2A49', '3EF5-2A49'],
    ['3ef5-2a49', '3EF5-2A49'],
    ['3ef52a49', '3EF5-2A49'],
    ['2F2B1F0E-1111-4000-8000-00000000000A', '2f2b1f0e-1111-4000-8000-00000000000a'],
    ['2026-11-21-08-00-00-00', '2026-11-21-08-00-00-00'],
    ['0000-0000', undefined],
    ['3EF5-2A4', undefined],
    ['3EF5-2A49 ', undefined],
    ['', undefined],
    ['/dev/sdb1', undefined],
  ])('%j is taken as %j', (typed, expected) => {
    expect(normaliseVolumeId(typed)).toBe(expected);
    expect(isVolumeId(typed)).toBe(typed === expected);
  });
});
