import { describe, expect, test } from 'vitest';
import { toCsv } from '../../src/fleet/lists/csv.ts';
import { historyFields, nodeFields, roadFields, updateFields } from '../../src/fleet/lists/fields.ts';
import { everyNode } from '../../src/fleet/node-query.ts';
import { asJson } from '../../src/fleet/as-json.ts';
import { guidOf, madeFleet, now } from '../office/made-fleet.ts';

const fleet = madeFleet(12);
const { nodes } = await fleet.nodes({ ...everyNode, update: '3' }, now);
const { updates } = await fleet.updates({ page: 1, size: 12 });
const { roads } = await fleet.roads({ page: 1, size: 12, sort: 'contacts', node: undefined });
const { history } = await fleet.node(guidOf(1), now);

/** All names that lead to a value in the JSON of some row: `result.state`. */
function namesIn(rows: readonly object[]): Set<string> {
  return new Set(rows.flatMap((row) => leavesOf(asJson(row), '')));
}

function leavesOf(value: unknown, name: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [name];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, name === '' ? key : `${name}.${key}`));
}

describe('lists of the fleet', () => {
  test.each([
    ['nodes', nodeFields, nodes],
    ['updates', updateFields, updates],
    ['roads', roadFields, roads],
    ['the history of a node', historyFields, history],
  ])('the fields of %s bear the names that they have in JSON', (_, fields, rows) => {
    const known = namesIn(rows);
    expect(rows.length).toBeGreaterThan(0);
    expect(Object.keys(fields).filter((name) => !known.has(name))).toEqual([]);
  });

  test('CSV has the times of JSON, lists with spaces between, and nothing where nothing is known', () => {
    const row = {
      at: 0,
      heardAt: null,
      groups: ['north', 'solar'],
      peer: { guid: 'g' },
      all: [{ n: 1 }, { n: 2 }],
    };
    const fields = { at: 'When', heardAt: 'Heard', groups: 'Groups', 'peer.guid': 'Peer', 'all.n': 'All' };
    expect(toCsv<typeof row>(fields, [row])).toBe(
      'at,heardAt,groups,peer.guid,all.n\r\n1970-01-01T00:00:00.000Z,,north solar,g,1 2\r\n',
    );
  });
});
