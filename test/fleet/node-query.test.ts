import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  everyNode,
  formatNodeQuery,
  nodeMarks,
  nodeSorts,
  parseNodeQuery,
} from '../../src/fleet/node-query.ts';
import { nodeStates, resultStates } from '../../src/fleet/states.ts';
import { roles } from '../../src/parcel/recipients.ts';

const printable = fc.string({ maxLength: 40 }).filter((text) => !/\p{C}/u.test(text));
const query = fc
  .record({
    states: fc.uniqueArray(fc.constantFrom(...nodeStates)),
    roles: fc.uniqueArray(fc.constantFrom(...roles)),
    groups: fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}$/), { maxLength: 5 }),
    roads: fc.uniqueArray(fc.constantFrom('flood', 'sms', 'usb')),
    marks: fc.uniqueArray(fc.constantFrom(...nodeMarks)),
    text: printable,
    update: fc.option(fc.constantFrom('1', '42', 'deadbeef01'), { nil: undefined }),
    results: fc.uniqueArray(fc.constantFrom(...resultStates)),
    sort: fc.constantFrom(...nodeSorts),
    reverse: fc.boolean(),
    page: fc.integer({ min: 1, max: 1_000_000 }),
    size: fc.integer({ min: 1, max: 5000 }),
  })
  .map((made) => (made.update === undefined ? { ...made, results: [] } : made));

describe('a query for nodes', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(query, (made) => {
        expect(parseNodeQuery(formatNodeQuery(made))).toEqual(made);
      }),
    );
  });

  it('is every node when nothing is asked, and when a form sends empty fields', () => {
    expect(parseNodeQuery('')).toEqual(everyNode);
    expect(parseNodeQuery('state=&text=&sort=&page=&update=')).toEqual(everyNode);
    expect(formatNodeQuery(everyNode)).toBe('');
  });

  it('takes any text for what it is: a query, or wrong usage', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', 'state=', 'text=', 'update=', 'page='), (tail, head) => {
        let code: unknown;
        try {
          parseNodeQuery(head + tail);
        } catch (error) {
          code = (error as { code?: unknown }).code;
        }
        expect([undefined, 'usage.invalid']).toContain(code);
      }),
    );
  });

  it.each([
    ['state=dead', 'state: expected failed, silent'],
    ['stat=late', 'query: expected one of state, role'],
    ['page=0', 'page: expected a whole number from 1'],
    ['size=5001', 'size: expected a whole number from 1 to 5000'],
    ['size=1e3', 'size: expected'],
    ['page=1&page=2', 'page: expected one value'],
    ['text=a%00b', 'text: expected at most 100 printable'],
    ['group=North', 'group: expected a name of a group'],
    ["road=usb'--", 'road: expected a name of a road'],
    ['update=0', 'update: expected a sequence'],
    ['result=failed', 'result: expected an update beside it'],
    ['__proto__=1', 'query: expected one of'],
    [`text=${'x'.repeat(5000)}`, 'query: expected at most 4096 characters'],
    ['state=late&'.repeat(65), 'state: expected at most 64 values'],
  ])('refuses %s', (text, message) => {
    expect(() => parseNodeQuery(text)).toThrow(message);
  });

  it('leaves keys of others alone', () => {
    expect(parseNodeQuery('format=csv&state=late', new Set(['format'])).states).toEqual(['late']);
  });
});
