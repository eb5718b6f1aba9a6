/** What comes next: a binary heap of events. */

export interface Timed {
  readonly at: number;
  /** Among events of one moment the lower goes first. */
  readonly rank: number;
}

export class Heap<Event extends Timed> {
  readonly #events: Event[] = [];

  first(): Event | undefined {
    return this.#events[0];
  }

  add(event: Event): void {
    const events = this.#events;
    let place = events.push(event) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = events[above];
      if (!parent || !isBefore(event, parent)) break;
      events[place] = parent;
      place = above;
    }
    events[place] = event;
  }

  take(): Event | undefined {
    const events = this.#events;
    const [first] = events;
    const last = events.pop();
    if (last && events.length > 0) this.#sink(last);
    return first;
  }

  #sink(event: Event): void {
    const events = this.#events;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [one, other] = [events[left], events[left + 1]];
      const below = other && one && isBefore(other, one) ? left + 1 : left;
      const child = events[below];
      if (!child || !isBefore(child, event)) break;
      events[place] = child;
      place = below;
    }
    events[place] = event;
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.rank < b.rank);
}
