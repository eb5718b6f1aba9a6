import { describe, expect, it } from 'vitest';
import { joined, ledgerFrom, Meetings } from '../../../src/flood/decide/meetings.ts';
import type { Role } from '../../../src/parcel/recipients.ts';

const hour = 3_600_000;

/** @param contacts hour, peer, role */
function counted(own: Role, ...contacts: (readonly [number, string, Role | ''])[]): Meetings {
  const meetings = new Meetings(own);
  for (const [at, peer, role] of contacts) meetings.add({ atMs: at * hour, peer, role });
  return meetings;
}

describe('meetings', () => {
  it('are hours in which a neighbour was met, however often', () => {
    const meetings = counted(
      'ferry',
      [0, 'a', 'kiosk'],
      [0.2, 'a', 'kiosk'],
      [0.9, 'a', 'kiosk'],
      [1.1, 'a', 'kiosk'],
      [1.2, 'b', 'gateway'],
    );
    expect(meetings.told(9.5 * hour)).toEqual({ hours: 10, met: 3, home: 1 });
  });

  it('bring logs home with a gateway or a proxy; from a gateway only with a proxy', () => {
    const contacts = [
      [0, 'a', 'gateway'],
      [1, 'b', 'proxy'],
      [2, 'c', 'ferry'],
    ] as const;
    expect(counted('kiosk', ...contacts).told(2 * hour)).toMatchObject({ met: 3, home: 2 });
    expect(counted('gateway', ...contacts).told(2 * hour)).toMatchObject({ met: 3, home: 1 });
  });

  it('are remembered of a bounded number of neighbours, whoever comes', () => {
    const meetings = new Meetings('ferry');
    const at = (peer: number): void => meetings.add({ atMs: 0, peer: String(peer), role: 'kiosk' });
    for (let peer = 0; peer <= 5000; peer += 1) at(peer);
    at(5000); // the one that came last is still known …
    at(0); // … the first is counted again
    expect(meetings.told(0)?.met).toBe(5002);
  });

  it('are none where nobody was reached', () => {
    expect(counted('ferry', [0, 'a', ''], [5, 'b', '']).told(9 * hour)).toBeUndefined();
  });

  it('are counted over a time that no clock spoils: back is nothing, decades are a month', () => {
    const years = 50 * 365 * 24;
    const meetings = counted('ferry', [years, 'a', 'kiosk'], [0, 'a', 'kiosk'], [years, 'a', 'kiosk']);
    expect(meetings.told(0)).toEqual({ hours: 31 * 24 + 1, met: 2, home: 0 });
  });

  it('of several nodes are those of one that is met as often as all of them', () => {
    const ledgers = [
      { hours: 10, met: 5, home: 2 },
      { hours: 20, met: 20, home: 0 },
    ].map((told) => ledgerFrom(told, 0));
    expect(ledgers[0]).toEqual({ meetings: Float64Array.of(2), seconds: 36_000, total: 5 });
    const all = joined(ledgers);
    expect((all?.total ?? 0) / (all?.seconds ?? 1)).toBeCloseTo(1.5 / 3600, 12);
    expect(joined([])).toBeUndefined();
  });
});
