import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatContact, parseContact } from '../../src/parcel/contact.ts';
import { formatSummary, holdingsOf, openSummary, parseSummary } from '../../src/parcel/summary.ts';
import { maxSummaryBytes } from '../../src/parcel/limits.ts';
import { guidOf, incarnation } from '../kit/enrolled.ts';
import { soundContact, soundSummary } from '../kit/fleet-arbitraries.ts';
import { codeOf } from '../kit/judge.ts';

const ack = { proxy: guidOf(9), epoch: incarnation, number: 3, shard: 0 };
const logs = { origin: guidOf(1), incarnation, short: ['1', '4'], long: ['2-3'], bytes: 1000 };
const document = {
  format: 'ferryman/1',
  kind: 'summary',
  node: guidOf(1),
  role: 'ferry',
  free: 1_000_000,
  roster: 0,
  acks: [ack, { ...ack, shard: 1 }, { ...ack, shard: 10 }],
  updates: ['00'.repeat(64), 'ab'.repeat(64)],
  logs: [logs, { ...logs, origin: guidOf(2) }],
};

function spelled(changes: Readonly<Record<string, unknown>> = {}): Buffer {
  return Buffer.from(JSON.stringify({ ...document, ...changes }));
}

describe('a summary', () => {
  it('is written and read back the same, with a line feed at its end or none', () => {
    fc.assert(
      fc.property(soundSummary, fc.constantFrom('', '\n'), (summary, end) => {
        expect(parseSummary(Buffer.from(formatSummary(summary) + end))).toEqual(summary);
      }),
      { numRuns: 200 },
    );
  });

  it('is opened compressed and as it is', () => {
    const plain = spelled();
    expect(openSummary(gzipSync(plain))).toEqual(parseSummary(plain));
    expect(openSummary(plain)).toEqual(parseSummary(plain));
  });

  it.each([
    ['unpacks to more than the limit', gzipSync(Buffer.alloc(maxSummaryBytes + 1, ' '))],
    ['is cut off', gzipSync(spelled()).subarray(0, -9)],
    ['begins like a compressed one', Buffer.from([0x1f, 0x8b, 8])],
    ['is compressed twice', gzipSync(gzipSync(spelled()))],
  ])('is refused when it %s', (_, sent) => {
    expect(codeOf(() => openSummary(sent))).toBe('summary.malformed');
  });

  it('is read as it is spelled by other code', () => {
    expect(formatSummary(parseSummary(spelled()))).toBe(spelled().toString());
  });

  it.each<[string, unknown]>([
    ['node', 'ferry-1'],
    ['role', 'bus'],
    ['free', -1],
    ['roster', null],
    ['acks', document.acks.toReversed()],
    ['acks', [ack, { ...ack, number: 4 }]],
    ['acks', [{ ...ack, shard: 65_536 }]],
    ['updates', ['ab'.repeat(16)]],
    ['updates', document.updates.toReversed()],
    ['updates', ['ab'.repeat(64), 'ab'.repeat(64)]],
    ['logs', document.logs.toReversed()],
    ['logs', [logs, logs]],
    ['logs', [{ ...logs, origin: '../..' }]],
    ['logs', [{ ...logs, incarnation: '0123456789ABCDEF' }]],
    ['logs', [{ ...logs, short: ['3-1'] }]],
    ['logs', [{ ...logs, bytes: 0.5 }]],
    ['logs', [{ ...logs, path: 'x' }]],
    ['kind', 'ping'],
    ['more', []],
  ])('is refused with the wrong %s', (key, value) => {
    expect(codeOf(() => parseSummary(spelled({ [key]: value })))).toBe('summary.malformed');
  });

  it('is refused above 4 MiB, and when something follows it', () => {
    for (const wrong of [Buffer.alloc(4 * 1024 * 1024 + 1, ' '), Buffer.from(`${spelled().toString()}\n\n`)])
      expect(codeOf(() => parseSummary(wrong))).toBe('summary.malformed');
  });

  it('of a hundred origins takes little', () => {
    const origins = Array.from({ length: 100 }, (_, index) => ({ ...logs, origin: guidOf(index) }));
    expect(spelled({ logs: origins }).length).toBeLessThan(16_000);
  });
});

describe('holdings', () => {
  it('are the same for two nodes that hold the same, whoever they are', () => {
    fc.assert(
      fc.property(soundSummary, fc.uuid(), fc.nat(), (summary, node, free) => {
        const other = { ...summary, node, free, role: 'proxy' as const };
        const larger = { ...other, logs: other.logs.map((one) => ({ ...one, bytes: free })) };
        expect(holdingsOf(larger)).toBe(holdingsOf(summary));
        expect(holdingsOf(summary)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  it('differ as soon as one thing differs', () => {
    const changes = [
      {},
      { roster: 1 },
      { acks: [] },
      { acks: [{ ...ack, number: 4 }] },
      { updates: [] },
      { logs: [] },
      { logs: [{ ...logs, short: [] }] },
      { logs: [{ ...logs, short: ['1'], long: ['2-4'] }] },
    ];
    const all = changes.map((change) => holdingsOf(parseSummary(spelled(change))));
    expect(new Set(all).size).toBe(changes.length);
  });
});

describe('a contact', () => {
  const contact = {
    at: '2026-11-01T00:00:00Z',
    peer: guidOf(2),
    role: 'ferry' as const,
    seconds: 3,
    bytesIn: 1,
    bytesOut: 2,
    parcelsIn: 0,
    reason: 'nothing more to take',
  };

  it('is written and read back the same, in one line', () => {
    fc.assert(
      fc.property(soundContact, (drawn) => {
        const line = formatContact(drawn);
        expect(line).not.toContain('\n');
        expect(parseContact(line)).toEqual(drawn);
      }),
    );
  });

  it.each<[string, unknown]>([
    ['at', 'today'],
    ['peer', 'ferry-1'],
    ['role', 'bus'],
    ['seconds', -1],
    ['bytesIn', '1'],
    ['bytesOut', 1.5],
    ['parcelsIn', undefined],
    ['reason', 'a\u001b[2J'],
    ['reason', 'x'.repeat(201)],
    ['more', 1],
  ])('is refused with the wrong %s', (key, value) => {
    expect(codeOf(() => parseContact(JSON.stringify({ ...contact, [key]: value })))).toBe(
      'contact.malformed',
    );
  });

  it('is refused above 1 KiB', () => {
    expect(codeOf(() => parseContact(' '.repeat(1_025)))).toBe('contact.malformed');
  });
});
