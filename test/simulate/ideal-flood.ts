/**
 * What a flood without any limit does, reckoned in another way than the simulator: one message at a time, over the intervals in which
 * pairs see each other, by the earliest arrival at each node. Knows nothing of buffers, archives or acknowledgements.
 */

export interface Interval {
  readonly a: string;
  readonly b: string;
  /** The contact is there from this event to that one; numbers of events in the order in which they happen. */
  readonly from: number;
  readonly to: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
}

/** Seconds from making to arrival, by message id; `undefined`: never. @param texts as the files have them */
export function idealFlood(contactsText: string, messagesText: string): Map<string, number | undefined> {
  const contacts = lines(contactsText);
  const times = contacts.map(([time]) => Number(time));
  const intervals: Interval[] = [];
  const open = new Map<string, number>();
  for (const [order, [, , one, other, state]] of contacts.entries()) {
    const pair = [plain(one), plain(other)].toSorted().join(' ');
    if (state === 'up' && !open.has(pair)) open.set(pair, order);
    const from = open.get(pair);
    if (state !== 'down' || from === undefined) continue;
    open.delete(pair);
    intervals.push({ ...ends(pair), from, to: order });
  }
  for (const [pair, from] of open) intervals.push({ ...ends(pair), from, to: Infinity });
  return new Map(
    lines(messagesText).map(([time, id, , from, to]) => {
      // it is made before whatever contact event has its time or a later one
      const made: Event = { at: Number(time), order: times.findIndex((at) => at >= Number(time)) };
      const start = made.order < 0 ? contacts.length : made.order;
      const arrival = earliest(intervals, plain(from), start - 0.5).get(plain(to));
      if (arrival === undefined) return [id ?? '', undefined];
      return [id ?? '', Math.max(0, arrival < start ? 0 : (times[arrival] ?? made.at) - made.at)];
    }),
  );
}

function ends(pair: string): { a: string; b: string } {
  const [a = '', b = ''] = pair.split(' ');
  return { a, b };
}

/** Bellman and Ford: the place in the order of events at which each node has it. */
function earliest(intervals: readonly Interval[], source: string, start: number): Map<string, number> {
  const arrival = new Map([[source, start]]);
  for (let changed = true; changed;) {
    changed = false;
    for (const { a, b, from, to } of intervals)
      for (const [here, there] of [
        [a, b],
        [b, a],
      ] as const) {
        const has = arrival.get(here);
        if (has === undefined || has >= to) continue;
        const at = Math.max(has, from);
        if (at >= (arrival.get(there) ?? Infinity)) continue;
        arrival.set(there, at);
        changed = true;
      }
  }
  return arrival;
}

function lines(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(/\s+/));
}

function plain(name: string | undefined): string {
  return (name ?? '').replace(/^\D+/, '');
}
