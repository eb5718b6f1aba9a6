/** A fleet that is made up: any number of nodes in all states, hostile texts among them. Answers like the fleet store, from memory. */
import { FerrymanError } from '../../src/errors.ts';
import type { NodeFacts, NodeLine, ResultLine } from '../../src/fleet/facts/node.ts';
import type { Need } from '../../src/fleet/facts/overview.ts';
import type { FleetChanges, FleetQuestions } from '../../src/fleet/facts/questions.ts';
import type { RoadLine } from '../../src/fleet/facts/roads.ts';
import type { UpdateFacts, UpdateLine } from '../../src/fleet/facts/update.ts';
import { everyNode } from '../../src/fleet/node-query.ts';
import { nodeStates, resultStates, type NodeState, type ResultState } from '../../src/fleet/states.ts';

const dayMs = 86_400_000;
/** 2026-11-21T12:00:00Z */
export const now = Date.UTC(2026, 10, 21, 12);
export const hostile = `<script>alert(1)</script>"'&\u202egnp\u0007`;

export interface MadeFleet extends FleetQuestions, FleetChanges {
  readonly lines: NodeLine[];
}

export function madeFleet(count: number): MadeFleet {
  const lines = Array.from({ length: count }, (_, index) => madeLine(index));
  const updates = count === 0 ? [] : Array.from({ length: 12 }, (_, index) => madeUpdate(12 - index, count));
  const find = (who: string): NodeLine => {
    const line = lines.find(({ guid, name }) => guid.startsWith(who) || name === who);
    if (!line)
      throw new FerrymanError(
        'fleet.unknown',
        `expected a node, found none that is called ${who.slice(0, 64)}`,
      );
    return line;
  };
  return {
    lines,
    ...questions(lines, updates, find),
    describe: async (who, { name = '', place = '' }) => changed(lines, find(who), { name, place }),
    pause: async (who, pausedUntil) =>
      changed(lines, find(who), { pausedUntil, state: pausedUntil === null ? 'current' : 'paused' }),
  };
}

function questions(
  lines: NodeLine[],
  updates: readonly UpdateLine[],
  find: (who: string) => NodeLine,
): FleetQuestions {
  const { nodes, roads, ...others } = pagesOf(lines, updates, find);
  return {
    ...others,
    nodes,
    roads,
    nodesInTurn: async (query, at) => {
      const { total, nodes: found } = await nodes(query, at);
      return { total, portions: halves(found) };
    },
    nodesHeard: async () => lines,
    freshness: async (at) => (await others.overview(at)).freshness,
    roadsInTurn: async (query) => {
      const { total, roads: found } = await roads(query);
      return { total, portions: halves(found) };
    },
  };
}

async function* halves<Line>(all: readonly Line[]): AsyncGenerator<readonly Line[]> {
  const half = Math.ceil(all.length / 2);
  yield all.slice(0, half);
  yield all.slice(half);
}

function pagesOf(
  lines: NodeLine[],
  updates: readonly UpdateLine[],
  find: (who: string) => NodeLine,
): Omit<FleetQuestions, 'nodesInTurn' | 'nodesHeard' | 'roadsInTurn' | 'freshness'> {
  const needs = lines.length === 0 ? [] : madeNeeds(lines);
  return {
    overview: async (at) => ({
      at,
      total: lines.length,
      states: Object.fromEntries(
        nodeStates.map((state) => [state, lines.filter((line) => line.state === state).length]),
      ) as Record<NodeState, number>,
      needs,
      needsTotal: needs.length,
      newest: updates[0] ?? null,
      freshness: {
        heardAt: lines.length === 0 ? null : at - 720_000,
        archives: lines.length * 40,
        isStale: false,
        notEntered: 0,
      },
    }),
    nodes: async (query) => {
      const matching = lines.filter(
        (line) =>
          (query.states.length === 0 || query.states.includes(line.state)) &&
          (query.text === '' || `${line.name} ${line.place} ${line.guid}`.includes(query.text)),
      );
      const begin = (query.page - 1) * query.size;
      const nodes = matching
        .slice(begin, begin + query.size)
        .map((line, index) =>
          query.update === undefined ? line : { ...line, result: madeResult(12, index) },
        );
      return { query, total: matching.length, nodes };
    },
    node: async (who) => madeNode(find(who), lines),
    updates: async () => ({ total: updates.length, updates }),
    update: async (which) => {
      const update = updates.find(
        ({ sequence, digest }) => String(sequence) === which || digest.startsWith(which),
      );
      if (!update) throw new FerrymanError('fleet.unknown', 'expected an update, found none');
      return madeUpdateFacts(update, lines);
    },
    roads: async () => ({ total: Math.min(lines.length, 50), roads: madeRoads(lines).slice(0, 50) }),
    needsPerson: async () => needs,
    keyFor: async (who) => madeNode(find(who), lines).key,
  };
}

function changed(
  lines: NodeLine[],
  line: NodeLine,
  change: Partial<NodeLine>,
): { guid: string; name: string } {
  lines[lines.indexOf(line)] = { ...line, ...change };
  return { guid: line.guid, name: change.name ?? line.name };
}

export function guidOf(index: number): string {
  return `9f1c${index.toString(16).padStart(4, '0')}-6a0b-4c47-9d0e-0f5b8f7a2c11`;
}

const places = ['Nakuru, market', 'Mombasa, ferry', 'Kitale, school', 'Garissa, clinic', 'Lodwar, station'];

function madeLine(index: number): NodeLine {
  const state = stateOf(index);
  const heardAt =
    state === 'new'
      ? null
      : now - (state === 'silent' ? 40 : state === 'late' ? 9 : (index % 5) + 0.3) * dayMs;
  return {
    guid: guidOf(index),
    name: index === 3 ? hostile : index % 4 === 1 ? '' : `kiosk-${String(index).padStart(4, '0')}`,
    role: index % 20 === 0 ? 'gateway' : index % 9 === 0 ? 'ferry' : 'kiosk',
    place: index === 3 ? hostile : (places[index % places.length] ?? ''),
    groups: index % 2 === 0 ? ['north'] : ['south'],
    state,
    heardAt,
    heardRoad: heardAt === null ? null : index % 7 === 0 ? 'sms' : 'flood',
    rhythmSeconds: state === 'new' ? null : 2 * 86_400,
    lateAt: heardAt === null ? null : heardAt + 4 * dayMs,
    silentAt: heardAt === null ? null : heardAt + 14 * dayMs,
    pausedUntil: state === 'paused' ? now + 20 * dayMs : null,
    newestSequence: state === 'new' ? null : state === 'behind' ? 11 : 12,
    behind: state === 'behind' ? 1 : 0,
    failures: state === 'failed' ? 1 : 0,
    absent: index % 11 === 0 ? 3 : 0,
    lost: index % 13 === 0 ? 2 : 0,
    undelivered: index % 7 === 0 ? 4 : null,
    undeliveredBytes: index % 7 === 0 ? 120_000 : null,
    version: '0.1.0',
    diskFreeBytes: 3_400_000_000 - index * 1000,
    diskTotalBytes: 16_000_000_000,
    clockOffsetSeconds: index % 17 === 0 ? -7200 : 1,
    result: null,
  };
}

function stateOf(index: number): NodeState {
  if (index % 37 === 3) return 'failed';
  if (index % 29 === 5) return 'silent';
  if (index % 17 === 4) return 'late';
  if (index % 6 === 1) return 'behind';
  if (index % 41 === 8) return 'new';
  return index % 43 === 9 ? 'paused' : 'current';
}

function nameOf({ guid, name }: NodeLine): { guid: string; name: string } {
  return { guid, name };
}

function madeNeeds(lines: readonly NodeLine[]): readonly Need[] {
  const failed = lines.filter(({ state }) => state === 'failed');
  const silent = lines.filter(({ state }) => state === 'silent');
  return [
    {
      kind: 'failed',
      text: `update 12 failed with exit status 3: ${hostile}`,
      update: 12,
      nodeCount: failed.length,
      nodes: failed.slice(0, 5).map(nameOf),
      query: { ...everyNode, update: '12', results: ['failed'] },
      sinceAt: now - 3 * dayMs,
    },
    {
      kind: 'silent',
      text: 'not heard for much longer than usual',
      update: null,
      nodeCount: silent.length,
      nodes: silent.slice(0, 5).map(nameOf),
      query: { ...everyNode, states: ['silent'] },
      sinceAt: now - 26 * dayMs,
    },
  ];
}

export function digestOf(sequence: number): string {
  return sequence.toString(16).padStart(8, '4').repeat(16);
}

function madeUpdate(sequence: number, count: number): UpdateLine {
  const spread: Partial<Record<ResultState, number>> =
    sequence === 12
      ? { succeeded: 0.61, waiting: 0.08, carried: 0.1, failed: 0.02, running: 0.01, interrupted: 0.003 }
      : { succeeded: 0.97, skipped: 0.02 };
  const counts = Object.fromEntries(
    resultStates.map((state) => [state, Math.floor(count * (spread[state] ?? 0))]),
  ) as Record<ResultState, number>;
  const known = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return {
    sequence,
    digest: digestOf(sequence),
    title: sequence === 12 ? `Timetable of November ${hostile}` : `Timetable, edition ${sequence}`,
    bytes: 1_234_567 * sequence,
    created: new Date(now - (13 - sequence) * 20 * dayMs).toISOString(),
    expires: null,
    publishedAt: now - (13 - sequence) * 20 * dayMs + 3_600_000,
    firstSeenAt: now - (13 - sequence) * 20 * dayMs,
    total: count,
    counts: { ...counts, unseen: count - known },
  };
}

function madeUpdateFacts(update: UpdateLine, lines: readonly NodeLine[]): UpdateFacts {
  const some = lines.slice(0, 5).map(({ guid, name }) => ({ guid, name }));
  const points = lines.length === 0 ? 0 : 60;
  return {
    ...update,
    recipients: ['role:kiosk', 'group:north'],
    signers: ['RWQf6LRCGA9i53ml'],
    supersedes: [{ first: 1, last: (update.sequence ?? 2) - 1 }],
    script: 'install.sh',
    rivals: update.sequence === 7 ? [digestOf(99)] : [],
    publications: [{ road: 'flood', at: update.firstSeenAt, byWhom: 'anna', outcome: 'handed over' }],
    curve: Array.from({ length: points }, (_, index) => {
      const part = 1 - Math.exp(-index / 15);
      return {
        at: update.firstSeenAt + (index * (now - update.firstSeenAt)) / points,
        reached: Math.floor(lines.length * 0.85 * part),
        succeeded: Math.floor(lines.length * 0.65 * part),
        failed: Math.floor(lines.length * 0.025 * part),
      };
    }),
    failures:
      update.sequence === 12
        ? [
            {
              state: 'failed',
              exitStatus: 3,
              signal: null,
              lastLine: `tar: no space left ${hostile}`,
              nodeCount: 14,
              nodes: some,
            },
            {
              state: 'failed',
              exitStatus: null,
              signal: 'SIGKILL',
              lastLine: '',
              nodeCount: 2,
              nodes: some.slice(0, 2),
            },
            {
              state: 'interrupted',
              exitStatus: null,
              signal: null,
              lastLine: 'unpacking',
              nodeCount: 1,
              nodes: some.slice(0, 1),
            },
          ]
        : [],
    overdue: 7,
    shortLogs: madeShortLogs(lines),
  };
}

function madeShortLogs(lines: readonly NodeLine[]): UpdateFacts['shortLogs'] {
  return lines.slice(0, 6).map(({ guid, name }, index) => ({
    node: { guid, name },
    sequence: 12,
    state: index === 3 ? 'failed' : 'succeeded',
    text: index === 3 ? hostile : 'timetable of November is shown',
    road: index % 2 === 0 ? 'sms' : 'flood',
    receivedAt: now - index * 3_600_000,
  }));
}

function madeResult(sequence: number, index: number): ResultLine {
  const state = index === 3 ? 'failed' : index % 9 === 4 ? 'waiting' : 'succeeded';
  return {
    sequence,
    digest: digestOf(sequence),
    title: `Timetable, edition ${sequence}`,
    state,
    reason: state === 'waiting' ? 'needs update 11 first' : '',
    exitStatus: state === 'failed' ? 3 : state === 'succeeded' ? 0 : null,
    signal: null,
    attempts: 1,
    channel: 'flood',
    lastLine: state === 'failed' ? hostile : 'done',
    nodeStartedAt: now - 3 * dayMs,
    nodeFinishedAt: now - 3 * dayMs + 4000,
    heardAt: now - 2 * dayMs,
  };
}

function madeNode(line: NodeLine, lines: readonly NodeLine[]): NodeFacts {
  const node = { guid: line.guid, name: line.name };
  const roads = madeRoads(lines)
    .slice(0, 5)
    .map((road) => ({ ...road, node }));
  return {
    ...line,
    serial: 41,
    note: 'The key to the cabinet is at the market office.',
    firstKnownAt: now - 300 * dayMs,
    heardTimes:
      line.heardAt === null ? [] : Array.from({ length: 16 }, (_, index) => now - (16 - index) * 2.1 * dayMs),
    history: Array.from({ length: 12 }, (_, index) => madeResult(12 - index, index)),
    incarnations: [
      {
        incarnation: '5f3a9c0e12b4d678',
        held: [
          { first: 1, last: 118 },
          { first: 121, last: 130 },
        ],
        highest: 130,
        heardAt: now - 2 * dayMs,
        gaps: [
          { first: 119, last: 119, state: 'missing', sinceAt: now - 50 * dayMs },
          { first: 120, last: 120, state: 'lost', sinceAt: null },
        ],
      },
    ],
    contacts: roads,
    meetings: roads.flatMap((road, row) =>
      Array.from({ length: 60 }, (_, index) => ({
        nodeAt: now - (index * (row + 1) * 1.4 + 0.5) * dayMs,
        peer: road.peer,
        bytesIn: 1000,
        bytesOut: 2000,
        seconds: 12,
      })),
    ),
    shortLogs: madeShortLogs(lines).map((log) => ({ ...log, node })),
    key: {
      node,
      updates:
        line.behind > 0
          ? [{ sequence: 12, digest: digestOf(12), title: hostile, bytes: 14_000_000, state: 'carried' }]
          : [],
      bytes: line.behind > 0 ? 14_000_000 : 0,
      keys: 'pass',
      passNeeded: true,
      command: `ferryman usb prepare /dev/sdX --node ${line.guid} --update 12`,
    },
    usbKeys: 'pass',
    usbVisits: [
      {
        nodeAt: now - 3 * dayMs,
        state: 'safe',
        technician: hostile,
        volume: '1A2B-3C4D',
        found: 4,
        taken: 3,
      },
      { nodeAt: now - 90 * dayMs, state: 'ignored', technician: '', volume: '', found: 0, taken: 0 },
    ],
  };
}

function madeRoads(lines: readonly NodeLine[]): readonly RoadLine[] {
  return lines.slice(1, 60).map(({ guid, name, role }, index) => ({
    node: { guid: lines[0]?.guid ?? '', name: lines[0]?.name ?? '' },
    peer: { guid, name },
    peerRole: role ?? '',
    contacts: 412 - index * 5,
    bytesIn: 48_000_000 - index,
    bytesOut: 1_200_000,
    parcelsIn: 312,
    seconds: 4000,
    firstNodeAt: now - 300 * dayMs,
    lastNodeAt: now - (1 + index) * dayMs,
    everyDays: index === 4 ? null : 0.4 * (index + 1),
  }));
}
