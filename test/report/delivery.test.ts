/** Short logs reach every sink once, in order, whatever becomes of the other sinks, the ledger and ferryman itself. */
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger } from '../../src/ledger/open.ts';
import { Delivery, queueShortLog } from '../../src/report/delivery.ts';
import type { ShortLogSink } from '../../src/report/sinks/sink.ts';
import { failedToSend } from '../../src/report/sinks/sink.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

afterAll(removeFolders);

const never = new AbortController().signal;
let ledger: Ledger;
let problems: FerrymanError[];
let uptimeSeconds: number;
let bootId: string;

beforeEach(() => {
  ledger = makeLedger(join(temporaryFolder(), 'ledger.sqlite'));
  problems = [];
  uptimeSeconds = 100;
  bootId = 'this boot';
});

/** A sink that notes what it was given and does as it is told. */
class TestSink implements ShortLogSink {
  readonly name: string;
  readonly offered: string[] = [];
  readonly taken: string[] = [];
  refuses: (text: string) => boolean = () => false;
  hold: Promise<void> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async send({ text }: { text: string }, signal: AbortSignal): Promise<void> {
    this.offered.push(text);
    if (this.hold)
      await Promise.race([
        this.hold,
        new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
      ]);
    if (signal.aborted) throw failedToSend(this.name, 'stopped');
    if (this.refuses(text)) throw failedToSend(this.name, `does not like ${text}`);
    this.taken.push(text);
  }
}

function delivery(sinks: readonly ShortLogSink[]): Delivery {
  return new Delivery({
    ledger,
    sinks,
    pauses: { firstSeconds: 10, maxSeconds: 40 },
    host: {
      now: () => '1970-01-01T00:00:00Z',
      uptimeSeconds: () => uptimeSeconds,
      get bootId() {
        return bootId;
      },
    },
    onTaken: () => undefined,
    onProblem: (problem) => problems.push(problem),
  });
}

function queue(sinks: readonly ShortLogSink[], ...texts: string[]): void {
  for (const text of texts)
    queueShortLog(ledger, sinks, {
      digest: 'd',
      sequence: 1,
      state: 'failed',
      text,
      createdAt: '1970-01-01T00:00:00Z',
    });
}

async function round(of: Delivery, signal: AbortSignal = never): Promise<void> {
  of.start(signal);
  await of.settled();
}

test('a sink that hangs and one that is dead hold up neither each other nor a sound one', async () => {
  const [slow, dead, sound] = [new TestSink('slow'), new TestSink('dead'), new TestSink('sound')];
  const released = new AbortController();
  slow.hold = new Promise((resolve) => released.signal.addEventListener('abort', () => resolve()));
  dead.refuses = () => true;
  const sinks = [slow, dead, sound];
  const all = delivery(sinks);
  queue(sinks, 'one', 'two');
  all.start(never);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(sound.taken).toEqual(['one', 'two']);
  queue(sinks, 'three');
  all.start(never);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(sound.taken).toEqual(['one', 'two', 'three']);
  expect(slow.offered).toEqual(['one']);
  released.abort();
  await all.settled();
  expect(slow.taken).toEqual(['one', 'two', 'three']);
  expect(ledger.outbox.backlog()).toMatchObject([{ sink: 'dead', waiting: 3 }]);
});

test('a sink tends to what it has taken in every round, though nothing waits and though it is left alone', async () => {
  const sink = new TestSink('sink');
  const tended: string[] = [];
  const all = delivery([Object.assign(sink, { tend: () => tended.push('once') })]);
  await round(all);
  sink.refuses = () => true;
  queue([sink], 'text');
  await round(all);
  await round(all);
  expect([tended.length, sink.offered.length]).toEqual([3, 1]);
});

test('pauses grow with every failure, go on after a restart, end with a reboot, and are forgotten after a success', async () => {
  const sink = new TestSink('sink');
  sink.refuses = () => true;
  queue([sink], 'text');
  const pauses: number[] = [];
  for (let failure = 1; failure <= 5; failure++) {
    await round(delivery([sink])); // started again each time
    expect(sink.offered).toHaveLength(failure);
    const before = uptimeSeconds;
    while (sink.offered.length === failure) {
      uptimeSeconds += 1;
      const quiet = ledger.outbox.failingSinks()[0]?.retryUptimeSeconds ?? 0;
      if (quiet <= uptimeSeconds) break;
      await round(delivery([sink]));
    }
    pauses.push(uptimeSeconds - before);
  }
  expect(pauses).toEqual([10, 20, 40, 40, 40]);
  expect(ledger.outbox.failingSinks()).toMatchObject([{ name: 'sink', problem: 'sink: does not like text' }]);

  const tries = sink.offered.length;
  bootId = 'the next boot';
  sink.refuses = () => false;
  await round(delivery([sink]));
  expect(sink.offered.length).toBe(tries + 1);
  expect(ledger.outbox.failingSinks()).toEqual([]);
});

test('after an outage everything is sent in order, each text once', async () => {
  const sink = new TestSink('sink');
  sink.refuses = () => true;
  const at = delivery([sink]);
  for (const text of ['one', 'two', 'three', 'four']) {
    queue([sink], text);
    await round(at);
    uptimeSeconds += 1000;
  }
  sink.refuses = () => false;
  await round(at);
  await round(at);
  expect(sink.taken).toEqual(['one', 'two', 'three', 'four']);
  expect(ledger.outbox.countWaiting()).toBe(0);
});

test('texts that a sink refuses for ever do not stop the others for ever', async () => {
  const sink = new TestSink('sink');
  sink.refuses = (text) => text.startsWith('bad');
  queue([sink], 'bad 1', 'bad 2', 'bad 3', 'good 1', 'good 2');
  const at = delivery([sink]);
  for (let turn = 0; turn < 6; turn++) {
    await round(at);
    uptimeSeconds += 1000;
  }
  expect(sink.taken).toEqual(['good 1', 'good 2']);
  expect(ledger.outbox.waiting('sink', 9).map(({ text }) => text)).toEqual(['bad 1', 'bad 2', 'bad 3']);
});

test('a text that was taken while the ledger was full is not sent again, but recorded later', async () => {
  const sink = new TestSink('sink');
  queue([sink], 'text');
  const at = delivery([sink]);
  const whole = ledger.outbox.setDelivered.bind(ledger.outbox);
  ledger.outbox.setDelivered = () => {
    throw new FerrymanError('ledger.disk-full', 'ledger: no room');
  };
  await round(at);
  expect(problems).toMatchObject([{ code: 'ledger.disk-full' }]);
  ledger.outbox.setDelivered = whole;
  await round(at);
  expect(sink.offered).toEqual(['text']);
  expect(ledger.outbox.countWaiting()).toBe(0);
});

test('a sink that is interrupted because ferryman stops has not failed', async () => {
  const sink = new TestSink('sink');
  sink.hold = new Promise(() => undefined);
  queue([sink], 'text');
  const stop = new AbortController();
  const at = delivery([sink]);
  at.start(stop.signal);
  stop.abort();
  await at.settled();
  expect(problems).toEqual([]);
  expect(ledger.outbox.failingSinks()).toEqual([]);
  expect(ledger.outbox.countWaiting()).toBe(1);
});

test('what waits for a sink that is configured no more is kept until it is given up', async () => {
  const sink = new TestSink('sink');
  queue([sink], 'one', 'two');
  await round(delivery([]));
  expect(ledger.outbox.backlog()).toMatchObject([{ sink: 'sink', waiting: 2 }]);
  expect(ledger.outbox.drop('sink', '1970-01-01T00:00:00Z')).toBe(2);
  expect(ledger.outbox.countWaiting()).toBe(0);
});
