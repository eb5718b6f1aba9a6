/** What alerts promise: one as something begins and one when it is over, on every road, whatever comes in between. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideIncidents } from '../../../src/fleet/alerts/decide.ts';
import { incidentKinds, type Finding, type Incident } from '../../../src/fleet/alerts/incident.ts';
import { isQuiet, isTimeZone, minutesOf } from '../../../src/fleet/alerts/quiet-hours.ts';
import {
  decideTelling,
  type KnownIncident,
  type Telling,
  type TellingSettings,
} from '../../../src/fleet/alerts/telling.ts';
import { alertMessage } from '../../../src/fleet/alerts/words.ts';

const finding = (changes: Partial<Finding> = {}): Finding => ({
  kind: 'silent',
  subject: 'a',
  text: 'a is silent',
  count: 1,
  sinceAt: null,
  isCovered: false,
  ...changes,
});
const settings: TellingSettings = { quietHours: undefined, urgent: ['fork'], gatherSeconds: 900 };
const minute = 60_000;

/** Plays a store: incidents, what one road was told, and all that it was told. */
class Office {
  readonly incidents: Incident[] = [];
  readonly told: Telling[] = [];
  readonly opened = new Set<number>();
  readonly closed = new Set<number>();
  lastToldAt: number | null = null;
  readonly #settings: TellingSettings;

  constructor(some: TellingSettings = settings) {
    this.#settings = some;
  }

  find(findings: readonly Finding[], nowMs: number): void {
    const open = this.incidents.filter(({ closedAt }) => closedAt === null);
    const { opened, changed, closed } = decideIncidents(findings, open);
    for (const {
      incident,
      finding: { text, count },
    } of changed)
      this.#replace(incident, { text, count });
    for (const incident of closed) this.#replace(incident, { closedAt: nowMs });
    for (const { isCovered: _, ...one } of opened)
      this.incidents.push({ ...one, id: this.incidents.length + 1, openedAt: nowMs, closedAt: null });
  }

  #replace(incident: Incident, changes: Partial<Incident>): void {
    this.incidents[incident.id - 1] = { ...incident, ...changes };
  }

  /** @param isLost the road does not take it */
  tell(nowMs: number, isLost = false): Telling | undefined {
    const telling = decideTelling(this.#known(), this.lastToldAt, this.#settings, nowMs);
    if (!telling || isLost) return undefined;
    this.told.push(telling);
    this.lastToldAt = nowMs;
    for (const { id } of telling.opened) this.opened.add(id);
    for (const { id } of telling.closed) this.closed.add(id);
    return telling;
  }

  #known(): KnownIncident[] {
    return this.incidents.map((incident) => ({
      incident,
      isOpeningTold: this.opened.has(incident.id),
      isClosingTold: this.closed.has(incident.id),
    }));
  }
}

describe('an incident', () => {
  test('begins with what is found, lasts while it is, changes without a word, and ends', () => {
    const office = new Office();
    office.find([finding({ kind: 'failed', count: 1 })], 0);
    office.find([finding({ kind: 'failed', count: 300, text: 'failed on 300 nodes' })], minute);
    expect(office.incidents).toMatchObject([{ openedAt: 0, closedAt: null, count: 300 }]);
    expect(office.tell(minute)).toMatchObject({ opened: [{ id: 1 }], closed: [] });
    office.find([finding({ kind: 'failed', count: 301 })], 2 * minute);
    expect(office.tell(60 * minute)).toBeUndefined();
    office.find([], 61 * minute);
    expect(office.tell(61 * minute)).toMatchObject({
      opened: [],
      closed: [{ id: 1, closedAt: 61 * minute }],
    });
    expect(office.tell(120 * minute)).toBeUndefined();
  });

  test('that has its cause elsewhere begins nothing: 500 kiosks behind one ferry are one', () => {
    const office = new Office();
    const kiosks = Array.from({ length: 500 }, (_, n) => finding({ subject: `k${n}`, isCovered: true }));
    office.find([finding({ kind: 'silent-carrier', subject: 'ferry', count: 501 }), ...kiosks], 0);
    expect(office.incidents).toHaveLength(1);
  });

  test('of its own is not over because a cause is found later', () => {
    const office = new Office();
    office.find([finding()], 0);
    office.find([finding({ isCovered: true }), finding({ kind: 'silent-carrier', subject: 'f' })], minute);
    expect(office.incidents.map(({ kind, closedAt }) => [kind, closedAt])).toEqual([
      ['silent', null],
      ['silent-carrier', null],
    ]);
  });

  test('500 at once without a cause are one message, and so is their end', () => {
    const office = new Office();
    const kiosks = Array.from({ length: 500 }, (_, n) =>
      finding({ subject: `k${n}`, text: `k${n} is silent` }),
    );
    office.find(kiosks, 0);
    const telling = office.tell(0) ?? { opened: [], closed: [] };
    const { subject, text } = alertMessage(telling, 'id');
    expect(subject).toBe('ferryman: 500 incidents, silent');
    expect(text.split('\n')).toEqual([
      'silent (500)',
      ...[0, 1, 2, 3, 4].map((n) => `  - k${n} is silent, noticed 1970-01-01T00:00:00Z`),
      '  - and 495 more',
    ]);
    office.find([], 60 * minute);
    expect(office.tell(60 * minute)?.closed).toHaveLength(500);
    expect(office.told).toHaveLength(2);
  });
});

const steps = fc.array(
  fc.record({
    findings: fc.uniqueArray(
      fc.record({
        kind: fc.constantFrom(...incidentKinds),
        subject: fc.constantFrom('a', 'b', 'c'),
        text: fc.constantFrom('x', 'y'),
        count: fc.nat(3),
        sinceAt: fc.constant(null),
        isCovered: fc.boolean(),
      }),
      { maxLength: 8, selector: ({ kind, subject }) => `${kind} ${subject}` },
    ),
    minutes: fc.integer({ min: 0, max: 200 }),
    isLost: fc.boolean(),
  }),
  { maxLength: 40 },
);

describe('whatever is found, whenever, and however often a road does not answer', () => {
  const night: TellingSettings = {
    ...settings,
    quietHours: { from: 22 * 60, until: 7 * 60, timeZone: 'Europe/Berlin' },
  };

  test.each([
    ['at all hours', settings],
    ['with quiet hours', night],
  ])('each incident is told once as it begins and once as it ends, %s', (_name, some) => {
    fc.assert(
      fc.property(steps, (all) => {
        const office = new Office(some);
        let now = 0;
        for (const { findings, minutes, isLost } of all) {
          now += minutes * minute;
          office.find(findings, now);
          office.tell(now, isLost);
        }
        // All is well at last, and a whole day goes by in which the road answers.
        office.find([], now);
        for (let hour = 0; hour < 25; hour++) office.tell((now += 60 * minute));
        const all1 = office.incidents.map(({ id }) => id);
        expect(
          office.told.flatMap(({ opened }) => opened.map(({ id }) => id)).toSorted((a, b) => a - b),
        ).toEqual(all1);
        expect(
          office.told.flatMap(({ closed }) => closed.map(({ id }) => id)).toSorted((a, b) => a - b),
        ).toEqual(all1);
      }),
    );
  });

  test('no incident begins while it lasts, and messages are never closer than they may be', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const office = new Office();
        const times: number[] = [];
        let now = 0;
        for (const { findings, minutes } of all) {
          now += minutes * minute;
          office.find(findings, now);
          if (office.tell(now)) times.push(now);
          const open = office.incidents.filter(({ closedAt }) => closedAt === null);
          const names = open.map(({ kind, subject }) => `${kind} ${subject}`);
          expect(new Set(names).size).toBe(names.length);
        }
        for (const [index, time] of times.entries())
          expect(time - (times[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(900_000);
      }),
    );
  });
});

const at = (time: string): number => Date.parse(`2026-07-10T${time}:00Z`);

describe('quiet hours', () => {
  const quietHours = { from: 22 * 60, until: 7 * 60, timeZone: 'Europe/Berlin' };

  test.each([
    ['19:59', false],
    ['20:00', true],
    ['23:30', true],
    ['04:59', true],
    ['05:00', false],
  ])('from 22:00 to 07:00 in Berlin: at %s UTC in summer it is %s', (time, expected) => {
    expect(isQuiet(quietHours, at(time))).toBe(expected);
  });

  test('follow the clock of the place over the end of summer time', () => {
    const before = Date.parse('2026-10-24T05:30:00Z');
    expect([isQuiet(quietHours, before), isQuiet(quietHours, before + 24 * 60 * minute)]).toEqual([
      false,
      true,
    ]);
  });

  test('of no length are none', () => {
    expect(isQuiet({ from: 60, until: 60, timeZone: 'UTC' }, 60 * minute)).toBe(false);
  });

  test('let only what is urgent through; the rest follows in one message, what is over by then too', () => {
    const office = new Office({ ...settings, quietHours });
    office.find([finding(), finding({ subject: 'b' }), finding({ kind: 'fork', subject: 'c' })], at('21:00'));
    expect(office.tell(at('21:00'))).toMatchObject({ opened: [{ kind: 'fork' }], closed: [] });
    office.find([finding({ kind: 'fork', subject: 'c' }), finding({ subject: 'b' })], at('22:00'));
    expect(office.tell(at('23:00'))).toBeUndefined();
    const telling = office.tell(at('05:00') + 24 * 60 * minute);
    expect(telling).toMatchObject({
      opened: [{ subject: 'a' }, { subject: 'b' }],
      closed: [{ subject: 'a' }],
    });
    expect(alertMessage(telling ?? { opened: [], closed: [] }, 'id').text.split('\n')).toEqual([
      'silent',
      '  - a is silent, noticed 2026-07-10T21:00:00Z',
      'was, and is over: silent',
      '  - a is silent, noticed 2026-07-10T21:00:00Z, over 2026-07-10T22:00:00Z',
    ]);
  });

  test('a clock that was set back does not silence a road', () => {
    const office = new Office();
    office.find([finding()], 1000 * minute);
    office.tell(1000 * minute);
    office.find([], 10 * minute);
    expect(office.tell(10 * minute)).toMatchObject({ opened: [], closed: [{ subject: 'a' }] });
  });

  test('are given as times of a day and names of zones', () => {
    expect(['00:00', '23:59', '24:00', '7:00', ''].map(minutesOf)).toEqual([
      0,
      1439,
      undefined,
      undefined,
      undefined,
    ]);
    expect(['Europe/Berlin', 'Asia/Kolkata', 'UTC', 'Mars/Base', ''].map(isTimeZone)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

test('text of nodes stays in its line, however long and whatever is in it', () => {
  const text = `x\n\nover: all well\r\u001b[2J\u202e${'y'.repeat(5000)}`;
  const incident: Incident = { ...finding({ text }), id: 1, openedAt: 0, closedAt: null };
  const message = alertMessage({ opened: [incident], closed: [] }, 'id');
  expect(message.text.split('\n')).toHaveLength(2);
  expect(`${message.subject}${message.text.replace('\n', '')}`).not.toMatch(/\p{C}/u);
  expect(message.subject).not.toContain('\n');
  expect(message.text.length).toBeLessThan(400);
});
