/** What a node tells of itself with every archive. */
import { afterAll, describe, expect, test } from 'vitest';
import { nodeLine } from '../../src/logs/node-line.ts';
import { loadConfig } from '../../src/node/config.ts';
import { maxNodeFactsBytes, maxToldVisits } from '../../src/parcel/limits.ts';
import { formatNodeFacts, parseNodeFacts, type NodeFacts } from '../../src/parcel/node-facts.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { LogNode } from './log-node.ts';

const at = '2026-11-21T08:00:00Z';

afterAll(removeFolders);

describe('of USB keys', () => {
  test('whether a pass is asked for, and the last visits, the newest first', () => {
    const { layout, ledger } = LogNode.make();
    const { usb } = ledger;
    for (let index = 0; index < 12; index += 1) {
      const visit = usb.begin({ insertion: `i${index}`, device: '/dev/sdb1', serial: undefined, at });
      // Longer than it may be told, and a character that is half cut would be none.
      usb.learn(visit, { technician: `${'Ravi '.repeat(19)}abc😀😀`, volume: '\u001b[2J' });
      usb.addFile(visit, { name: 'a', fileHash: 'f', digest: null });
      usb.addFile(visit, {
        name: 'b',
        fileHash: 'g',
        digest: null,
        error: { code: 'usb.read', message: '' },
      });
      usb.setState(visit, index === 11 ? 'ignored' : 'safe');
    }
    const tell = (changes: object): NodeFacts => {
      const config = loadConfig(layout);
      const line = nodeLine({ layout, ledger, config: { ...config, usb: { ...config.usb, ...changes } } });
      expect(Buffer.byteLength(line)).toBeLessThan(maxNodeFactsBytes);
      return parseNodeFacts(Buffer.from(line.trimEnd()));
    };
    expect(tell({}).usb?.visits).toHaveLength(maxToldVisits);
    expect(tell({}).usb?.visits[0]).toEqual({
      at,
      state: 'ignored',
      technician: `${'Ravi '.repeat(19)}abc`,
      volume: '\\u{1b}[2J',
      found: 2,
      taken: 1,
    });
    const rules = [{ enabled: false }, { enabled: true }, { enabled: true, requirePass: false }];
    expect(rules.map((rule) => tell(rule).usb?.keys)).toEqual(['off', 'pass', 'any']);
    ledger.close();
  });

  const facts: NodeFacts = {
    version: '1.2.3',
    groups: [],
    baseline: 0,
    freeBytes: 5,
    totalBytes: 10,
    undelivered: 2,
    undeliveredBytes: 300,
  };
  const visit = { at, state: 'safe', technician: '', volume: '', found: 1, taken: 1 } as const;

  test('a node of before says nothing, in the same bytes as ever', () => {
    const line =
      '{"version":"1.2.3","groups":[],"baseline":0,"freeBytes":5,"totalBytes":10,"undelivered":2,"undeliveredBytes":300}';
    expect(formatNodeFacts(facts)).toBe(line);
    expect(parseNodeFacts(Buffer.from(line))).toEqual(facts);
  });

  test.each([
    ['another rule', { keys: 'some', visits: [] }],
    ['eleven visits', { keys: 'any', visits: Array.from({ length: 11 }, () => visit) }],
    ['another state', { keys: 'any', visits: [{ ...visit, state: 'eaten' }] }],
    ['what is not printable', { keys: 'any', visits: [{ ...visit, technician: '\u0007' }] }],
    ['a time of no kind', { keys: 'any', visits: [{ ...visit, at: 'yesterday' }] }],
    ['a further key', { keys: 'any', visits: [], more: 1 }],
  ])('%s makes the line malformed', (_, usb) => {
    const line = Buffer.from(JSON.stringify({ ...facts, usb }));
    expect(() => parseNodeFacts(line)).toThrow(expect.objectContaining({ code: 'archive.node-facts' }));
  });
});
