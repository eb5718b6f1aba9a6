import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamHoldings } from '../../../src/flood/decide/archive.ts';
import type { Role } from '../../../src/parcel/recipients.ts';
import { Cover, whyRefused, type Refused } from '../../../src/flood/decide/cover.ts';
import { contains, intersect, subtract, union } from '../../../src/parcel/sequence-sets.ts';
import {
  estimatedBytes,
  listWants,
  maxWants,
  splitByCopies,
  takesLogsFrom,
  type ContactBounds,
  type NeighbourSummary,
  type PullerFacts,
  type Want,
} from '../../../src/flood/decide/wants.ts';
import { ack, incarnations, members, origins, sequenceSet } from './arbitraries.ts';

const unbounded: ContactBounds = { parcels: Infinity, bytes: Infinity };
const noOffer: NeighbourSummary = { role: 'ferry', roster: 0, acks: [], updates: [], logs: [] };
const [incarnation = ''] = incarnations;

function refusing(cover = new Cover()): Refused {
  return { cover, closed: new Set(), revoked: new Set(), quarantined: new Set() };
}

const puller: PullerFacts = {
  node: 'me',
  role: 'ferry',
  ownLogsOnly: false,
  roster: 0,
  needsAck: () => true,
  needsUpdate: () => true,
  holdings: () => undefined,
  refused: refusing(),
  copies: () => [],
  admit: () => true,
};

function stream(origin: string, more: Partial<StreamHoldings> = {}): StreamHoldings {
  return { origin, incarnation, short: [], long: [], bytes: 1000, ...more };
}

/** `short a/1`, `update x`, … */
function told(wants: readonly Want[]): string[] {
  return wants.map((want) => {
    if (want.kind === 'log') return `${want.archive.class} ${want.archive.origin}/${want.archive.sequence}`;
    if (want.kind === 'ack') return `ack ${want.proxy}.${want.shard}`;
    return want.kind === 'update' ? `update ${want.digest}` : 'roster';
  });
}

const streams = fc
  .array(fc.record({ short: sequenceSet(), long: sequenceSet() }), { minLength: 3, maxLength: 3 })
  .map((all) =>
    all.map(({ short, long }, index) => stream(origins[index] ?? '', { short, long: subtract(long, short) })),
  );

describe('what is pulled', () => {
  it('comes in order: roster, acknowledgements, updates, short archives, long ones', () => {
    const offer: NeighbourSummary = {
      ...noOffer,
      roster: 3,
      acks: [{ proxy: 'p', shard: 0, epoch: 'e', number: 1 }],
      updates: ['u'],
      logs: [stream('a', { long: [{ first: 1, last: 2 }], short: [{ first: 3, last: 3 }] })],
    };
    expect(told(listWants(offer, puller, unbounded))).toEqual([
      'roster',
      'ack p.0',
      'update u',
      'short a/3',
      'long a/1',
      'long a/2',
    ]);
  });

  it('is no roster that is older, or the one that is here', () => {
    const kinds = [2, 3, 4].map((roster) =>
      told(listWants({ ...noOffer, roster }, { ...puller, roster: 3 }, unbounded)),
    );
    expect(kinds).toEqual([[], [], ['roster']]);
  });

  it('is what the neighbour has and this node has not, and nothing that is refused', () => {
    fc.assert(
      fc.property(streams, streams, ack, (offered, here, acked) => {
        const cover = new Cover();
        cover.addAck(acked);
        const refused = { ...refusing(cover), quarantined: new Set([`kiosk-1/${incarnation}/5`]) };
        const facts = {
          ...puller,
          refused,
          holdings: ({ origin }: { origin: string }) => here.find((each) => each.origin === origin),
        };
        const wants = listWants({ ...noOffer, logs: offered }, facts, unbounded);
        const expected = offered.flatMap(({ origin, short, long }) => {
          const mine = here.find((each) => each.origin === origin);
          const lacking = subtract(union(short, long), union(mine?.short ?? [], mine?.long ?? []));
          return [...members(lacking)]
            .filter((sequence) => whyRefused({ origin, incarnation, sequence }, refused) === undefined)
            .map((sequence) => `${contains(short, sequence) ? 'short' : 'long'} ${origin}/${sequence}`);
        });
        expect(told(wants).toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  it('is nothing of a closed incarnation, of a revoked origin, or of this node itself', () => {
    const logs = ['closed', 'revoked', 'me', 'fine'].map((origin) =>
      stream(origin, { long: [{ first: 1, last: 1 }] }),
    );
    const refused = {
      ...refusing(),
      closed: new Set([`closed/${incarnation}`]),
      revoked: new Set(['revoked']),
    };
    expect(told(listWants({ ...noOffer, logs }, { ...puller, refused }, unbounded))).toEqual(['long fine/1']);
  });

  it('begins with what fewest others hold, then takes the oldest of every origin in turn', () => {
    const logs = [
      stream('a', { long: [{ first: 1, last: 3 }] }),
      stream('b', { long: [{ first: 7, last: 8 }] }),
    ];
    const copies: PullerFacts['copies'] = ({ origin }) =>
      origin === 'a'
        ? [stream('a', { long: [{ first: 1, last: 1 }] }), stream('a', { long: [{ first: 1, last: 2 }] })]
        : [];
    expect(told(listWants({ ...noOffer, logs }, { ...puller, copies }, unbounded))).toEqual([
      'long a/3',
      'long b/7',
      'long b/8',
      'long a/2',
      'long a/1',
    ]);
  });

  it('begins with what is worth most where that is known, yet short archives before long ones', () => {
    const logs = [stream('a', { long: [{ first: 1, last: 3 }], short: [{ first: 4, last: 4 }] })];
    const worth = [0, 2, 9, 5, 1];
    const value: PullerFacts['value'] = ({ sequence }) => worth[sequence] ?? 0;
    expect(told(listWants({ ...noOffer, logs }, { ...puller, value }, unbounded))).toEqual([
      'short a/4',
      'long a/2',
      'long a/3',
      'long a/1',
    ]);
  });

  it('keeps to parcels and bytes, and to room that is asked for before', () => {
    fc.assert(
      fc.property(streams, fc.nat(20), fc.nat(20_000), (logs, parcels, bytes) => {
        let room = 9000;
        const admit: PullerFacts['admit'] = (archive) =>
          archive.bytes <= room && (room -= archive.bytes) >= 0;
        const wants = listWants({ ...noOffer, logs }, { ...puller, admit }, { parcels, bytes });
        const total = wants.reduce((sum, want) => sum + (want.kind === 'log' ? want.archive.bytes : 0), 0);
        expect(wants.length).toBeLessThanOrEqual(parcels);
        expect(total).toBeLessThanOrEqual(Math.min(bytes, 9000));
        expect(room).toBe(9000 - total);
      }),
    );
  });

  it('is never more than the longest list, whatever a neighbour claims to have', () => {
    const logs = [stream('a', { long: [{ first: 1, last: Number.MAX_SAFE_INTEGER }] })];
    expect(listWants({ ...noOffer, logs }, puller, unbounded)).toHaveLength(maxWants);
    expect(listWants({ ...noOffer, logs }, { ...puller, admit: () => false }, unbounded)).toEqual([]);
    expect(listWants({ ...noOffer, logs }, { ...puller, value: () => 1 }, unbounded)).toHaveLength(maxWants);
  });
});

it('what is covered costs nothing, however much of it is offered', () => {
  const last = Number.MAX_SAFE_INTEGER;
  const cover = new Cover();
  cover.addAck([{ origin: 'a', incarnation, held: [{ first: 1, last: last - 2 }], voids: [] }]);
  const logs = [stream('a', { long: [{ first: 1, last }] })];
  const wants = listWants({ ...noOffer, logs }, { ...puller, refused: refusing(cover) }, unbounded);
  expect(told(wants)).toEqual([`long a/${last - 1}`, `long a/${last}`]);
});

describe('the roles', () => {
  const takers: Record<Role, Role[]> = {
    kiosk: ['kiosk', 'ferry'],
    ferry: ['kiosk', 'ferry'],
    gateway: ['kiosk', 'ferry'],
    proxy: ['kiosk', 'ferry', 'gateway'],
    office: [],
  };
  const roles: readonly Role[] = ['kiosk', 'ferry', 'gateway', 'proxy', 'office'];

  it.each(roles)('%s takes logs from these alone', (role) => {
    expect(roles.filter((offerer) => takesLogsFrom({ role, ownLogsOnly: false }, offerer))).toEqual(
      takers[role],
    );
  });

  it('a kiosk that keeps its own logs only takes none, but acknowledgements and updates', () => {
    const offer = {
      ...noOffer,
      roster: 1,
      updates: ['u'],
      logs: [stream('a', { long: [{ first: 1, last: 9 }] })],
    };
    const facts = { ...puller, role: 'kiosk', ownLogsOnly: true } as const;
    expect(told(listWants(offer, facts, unbounded))).toEqual(['roster', 'update u']);
  });
});

describe('known copies', () => {
  it('are counted for every sequence', () => {
    fc.assert(
      fc.property(sequenceSet(), fc.array(sequenceSet(), { maxLength: 5 }), (wanted, others) => {
        const levels = splitByCopies(wanted, others);
        for (const [copies, level] of levels.entries())
          for (const sequence of members(level))
            expect(others.filter((other) => contains(other, sequence))).toHaveLength(copies);
        expect(levels.reduce(union, [])).toEqual(wanted);
        expect(levels.slice(1).reduce(intersect, levels[0] ?? [])).toEqual(levels.length === 1 ? wanted : []);
      }),
    );
  });
});

it('a summary tells the bytes of a stream as a whole, of which short archives are a small part', () => {
  const holdings = stream('a', {
    short: [{ first: 1, last: 2 }],
    long: [{ first: 3, last: 4 }],
    bytes: 4_000_000,
  });
  expect(estimatedBytes(holdings, 'short')).toBe(256 * 1024);
  expect(estimatedBytes(holdings, 'long')).toBe(2_000_000 - 256 * 1024);
});
