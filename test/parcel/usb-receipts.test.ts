import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatReceipts,
  parseReceipts,
  receiptText,
  type UsbReceipts,
} from '../../src/parcel/usb-receipts.ts';
import { soundReceipts } from '../kit/arbitraries.ts';
import { codeOf } from '../kit/judge.ts';

const digest = 'a'.repeat(128);
const receipts: UsbReceipts = {
  node: '0a1b2c3d-0000-4000-8000-000000000001',
  created: '2026-11-21T08:00:00Z',
  visit: { number: 7, volume: '3EF5-2A49', technician: 'Ravi', startedAt: '2026-11-21T07:59:00Z' },
  updates: [{ digest, sequence: null, title: '', state: 'refused', reason: 'no manifest' }],
  files: [{ name: 'x.zip', code: 'framing.truncated', reason: 'cut' }],
};

function changed(change: (document: Record<string, Record<string, unknown>>) => void): string | undefined {
  const document = JSON.parse(formatReceipts(receipts).toString()) as Record<string, Record<string, unknown>>;
  change(document);
  return codeOf(() => parseReceipts(Buffer.from(`${JSON.stringify(document, null, 2)}\n`)));
}

describe('receipts', () => {
  it('are written and read back the same', () => {
    fc.assert(
      fc.property(soundReceipts, (sound) => {
        expect(parseReceipts(formatReceipts(sound))).toEqual(sound);
      }),
      { numRuns: 200 },
    );
    expect(parseReceipts(formatReceipts(receipts))).toEqual(receipts);
  });

  it('are refused in any other spelling, with any other key, and without any of theirs', () => {
    expect(changed(() => undefined)).toBeUndefined();
    for (const key of ['format', 'kind', 'node', 'created', 'visit', 'updates', 'files'])
      expect([key, changed((document) => delete document[key])]).toEqual([key, 'receipts.malformed']);
    const cases: ((document: Record<string, Record<string, unknown>>) => void)[] = [
      (document) => (document['more'] = {}),
      ({ visit }) => visit && (visit['more'] = 1),
      ({ visit }) => visit && (visit['volume'] = '3ef5-2a49'),
      ({ visit }) => visit && (visit['technician'] = 'R\u001b[2J'),
      ({ updates }) => updates && (updates[0] = { ...receipts.updates[0], digest: 'a' }),
      ({ updates }) => updates && (updates[0] = { ...receipts.updates[0], sequence: 0 }),
      ({ updates }) => updates && (updates[0] = { ...receipts.updates[0], reason: 'x'.repeat(1001) }),
      ({ files }) => files && (files[0] = { ...receipts.files[0], size: 3 }),
    ];
    for (const change of cases) expect(changed(change)).toBe('receipts.malformed');
    const loose = formatReceipts(receipts).toString().replaceAll('  ', ' ');
    expect(codeOf(() => parseReceipts(Buffer.from(loose)))).toBe('receipts.malformed');
  });

  it('hold any text, made fit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const sound = { ...receipts, files: [{ name: 'x', code: 'x', reason: receiptText(text) }] };
        expect(parseReceipts(formatReceipts(sound))).toEqual(sound);
      }),
    );
    expect(receiptText('é'.repeat(600))).toBe(`${'é'.repeat(498)}…`);
  });
});
