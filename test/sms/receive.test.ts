/** The proxy's side: what a known node has written is recorded once; all else changes nothing and is kept for a person, within bounds. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { fixedKey, officeKey } from '../../fixtures/kit/keys.ts';
import { FerrymanError } from '../../src/errors.ts';
import { logFileName } from '../../src/parcel/log-file-name.ts';
import type * as Check from '../../src/sms/check.ts';
import { keyOfNode, smsCheck } from '../../src/sms/check.ts';
import { emptyWindow, judgeCounter, type CounterWindow } from '../../src/sms/counter-window.ts';
import {
  receiveTexts,
  type BelievedSms,
  type Recorded,
  type SmsReceiver,
  type Swept,
} from '../../src/sms/receive.ts';
import { formatSms, type SmsFacts } from '../../src/sms/text.ts';
import { UnbelievedTexts } from '../../src/sms/unbelieved.ts';
import type { NodeTrust } from '../../src/verify/enrolled.ts';
import { enrolledNode, signedLog } from '../kit/enrolled.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { trusted } from '../kit/office.ts';

const unfit = vi.hoisted(() => ({ key: undefined as Buffer | undefined }));
/** No key can be made with {@link unfit}, as with a point of small order. */
vi.mock('../../src/sms/check.ts', async (original) => {
  const real = await original<typeof Check>();
  const keyOfProxy: typeof real.keyOfProxy = (seed, node) => {
    if (unfit.key?.equals(node)) throw new Error('a bad point');
    return real.keyOfProxy(seed, node);
  };
  return { ...real, keyOfProxy };
});

afterAll(removeFolders);

const proxyKey = fixedKey(9);
const later = Number.MAX_SAFE_INTEGER;

/** A proxy that holds an archive of the nodes 1 and 2, which share the beginning of their GUIDs. */
class Proxy {
  readonly #folder = temporaryFolder();
  readonly inbox = join(this.#folder, 'inbox');
  readonly recorded: BelievedSms[] = [];
  /** Thrown by the store while it is away. */
  away: FerrymanError | undefined;
  tries = 0;
  trust: NodeTrust = { trust: { keys: trusted(officeKey), threshold: 1 }, revoked: [] };
  readonly unbelieved = new UnbelievedTexts(join(this.#folder, 'unbelieved'), 20);
  readonly #windows = new Map<string, CounterWindow>();
  #next = 0;

  constructor() {
    mkdirSync(this.inbox);
    for (const n of [1, 2]) {
      const node = enrolledNode(n, 'kiosk');
      const folder = join(this.#folder, 'store', node.guid, '0123456789abcdef');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, logFileName({ sequence: 1, class: 'long' })), signedLog(node));
    }
  }

  get folder(): string {
    return this.#folder;
  }

  /** As gammu-smsd writes it. */
  arrive(text: string, part = 0, group = String(this.#next++)): string {
    const name = `IN20261121_205500_${group.padStart(2, '0')}_+1555_${String(part).padStart(2, '0')}.txt`;
    writeFileSync(join(this.inbox, name), Buffer.from(`\ufeff${text}`, 'utf16le').swap16());
    return name;
  }

  async receive(untouchedSinceMs = later): Promise<Swept> {
    const receiver: SmsReceiver = {
      inbox: this.inbox,
      store: join(this.#folder, 'store'),
      seed: proxyKey.bytes.subarray(0, 32),
      trust: this.trust,
      unbelieved: this.unbelieved,
      record: (text) => this.#record(text),
    };
    return receiveTexts(receiver, untouchedSinceMs);
  }

  #record(believed: BelievedSms): Promise<Recorded> {
    this.tries += 1;
    if (this.away) return Promise.reject(this.away);
    const { node, text } = believed;
    const key = `${node}/${text.incarnation}`;
    const judged = judgeCounter(this.#windows.get(key) ?? emptyWindow, text.counter);
    if (judged.kind !== 'new') return Promise.resolve(judged.kind === 'seen' ? 'known' : 'old');
    this.#windows.set(key, judged.window);
    this.recorded.push(believed);
    return Promise.resolve('taken');
  }

  kept(): string[] {
    const folder = join(this.#folder, 'unbelieved');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
  }
}

function written(n: number, changes: Partial<SmsFacts> = {}, proxy = proxyKey): string {
  const { guid, key } = enrolledNode(n, 'kiosk');
  const shared = keyOfNode(key.bytes.subarray(0, 32), proxy.bytes.subarray(32));
  const facts: SmsFacts = {
    node: guid.slice(0, 8),
    name: '',
    sequence: 42,
    state: 'failed',
    how: 'exit 3',
    words: 'no space left',
    incarnation: 'a3f9',
    counter: 1,
    ...changes,
  };
  return formatSms(facts, (checked) => smsCheck(shared, guid, checked));
}

describe('a text of a known node', () => {
  test('is left while it may still be written, and taken though the clock was ahead when it was', async () => {
    const proxy = new Proxy();
    const name = join(proxy.inbox, proxy.arrive(written(1)));
    const nowMs = Date.parse('2026-11-22T00:00:00Z');
    utimesSync(name, nowMs / 1000, nowMs / 1000 - 1);
    expect(await proxy.receive(nowMs - 10_000)).toEqual({ taken: 0, known: 0, unbelieved: 0 });
    utimesSync(name, nowMs / 1000, Date.parse('2036-01-01T00:00:00Z') / 1000);
    expect(await proxy.receive(nowMs - 10_000)).toEqual({ taken: 1, known: 0, unbelieved: 0 });
  });

  test('is recorded under the node that wrote it, though others share the beginning of its GUID', async () => {
    const proxy = new Proxy();
    proxy.arrive(written(2));
    expect(await proxy.receive()).toEqual({ taken: 1, known: 0, unbelieved: 0 });
    expect(proxy.recorded[0]).toMatchObject({
      node: enrolledNode(2, 'kiosk').guid,
      text: { sequence: 42, state: 'failed', how: 'exit 3', counter: 1 },
    });
    expect(readdirSync(proxy.inbox)).toEqual([]);
  });

  test('counts once, however often it comes', async () => {
    const proxy = new Proxy();
    for (const round of [1, 2]) {
      proxy.arrive(written(1));
      proxy.arrive(written(1));
      expect(await proxy.receive()).toEqual({ taken: round === 1 ? 1 : 0, known: round, unbelieved: 0 });
    }
    expect(proxy.recorded).toHaveLength(1);
  });

  test('is put together from its parts, in their order', async () => {
    const proxy = new Proxy();
    const text = written(1);
    proxy.arrive(text.slice(30), 1, '7');
    proxy.arrive(text.slice(0, 30), 0, '7');
    expect(await proxy.receive()).toMatchObject({ taken: 1 });
  });

  test('that gammu-smsd pads with zeros, or writes in UTF-8, is read the same', async () => {
    const proxy = new Proxy();
    proxy.arrive(`${written(1)}\0\0\0\0`);
    writeFileSync(join(proxy.inbox, 'IN20261121_205500_90_+1555_00.txt'), `${written(1, { counter: 2 })}\n`);
    expect(await proxy.receive()).toMatchObject({ taken: 2 });
  });

  test('waits in the inbox while the store is away, and is recorded when it is back', async () => {
    const proxy = new Proxy();
    proxy.arrive(written(1));
    proxy.away = new FerrymanError('fleet.unreachable', 'away');
    await expect(proxy.receive()).rejects.toMatchObject({ code: 'fleet.unreachable' });
    expect(readdirSync(proxy.inbox)).toHaveLength(1);
    proxy.away = undefined;
    expect(await proxy.receive()).toMatchObject({ taken: 1 });
  });

  test('that waits for the store does not keep others that nobody believes in the inbox', async () => {
    const proxy = new Proxy();
    proxy.arrive(written(1));
    for (let n = 0; n < 50; n++) proxy.arrive('spam');
    proxy.arrive(written(1, { counter: 2 }));
    proxy.away = new FerrymanError('fleet.unreachable', 'away');
    await expect(proxy.receive()).rejects.toMatchObject({ code: 'fleet.unreachable' });
    expect(readdirSync(proxy.inbox)).toHaveLength(2);
    expect(proxy.tries).toBe(1);
  });

  test('is taken although another one cannot be set aside', async () => {
    const proxy = new Proxy();
    writeFileSync(join(proxy.folder, 'unbelieved'), 'in the way');
    proxy.arrive('spam');
    proxy.arrive(written(1));
    await expect(proxy.receive()).rejects.toThrowError(/EEXIST|ENOTDIR/);
    expect(proxy.recorded).toHaveLength(1);
    expect(readdirSync(proxy.inbox)).toHaveLength(1);
  });

  test('may be half written by gammu-smsd: what was just changed is left for the next time', async () => {
    const proxy = new Proxy();
    const name = proxy.arrive(written(1));
    expect(await proxy.receive(Date.now() - 10_000)).toEqual({ taken: 0, known: 0, unbelieved: 0 });
    utimesSync(join(proxy.inbox, name), 1, 1);
    expect(await proxy.receive(Date.now() - 10_000)).toMatchObject({ taken: 1 });
  });
});

describe('what is not believed changes nothing, is counted and kept', () => {
  test.each([
    ['what a person writes', 'Where are you?', 'no text of a node'],
    ['a node that nobody knows', written(1).replace(/^......../, 'ffffffff'), 'no such node'],
    ['a forged outcome', written(1).replace('failed', 'succeeded'), 'a wrong check'],
    ['a text for another proxy', written(1, {}, fixedKey(8)), 'a wrong check'],
    ['a node of which no archive is here', written(3), 'a wrong check'],
    ['escape sequences', 'x\u001b[2J\nfrom: office', 'no text of a node'],
  ])('%s', async (_name, text, why) => {
    const proxy = new Proxy();
    proxy.arrive(text);
    expect(await proxy.receive()).toEqual({ taken: 0, known: 0, unbelieved: 1 });
    expect(proxy.recorded).toEqual([]);
    expect(proxy.unbelieved.counts()).toEqual({ [why]: 1 });
    expect(proxy.kept()[0]).toContain(`not believed: ${why}\n`);
    expect(proxy.kept()[0]?.split('\n')).toHaveLength(6);
    expect(readdirSync(proxy.inbox)).toEqual([]);
  });

  test('a node that was revoked', async () => {
    const proxy = new Proxy();
    proxy.trust = { ...proxy.trust, revoked: [{ first: 1, last: 1 }] };
    proxy.arrive(written(1));
    proxy.arrive(written(2));
    expect(await proxy.receive()).toEqual({ taken: 1, known: 0, unbelieved: 1 });
  });

  test('a node with a key of which no check can be made; those behind it are taken', async () => {
    const proxy = new Proxy();
    unfit.key = enrolledNode(1, 'kiosk').key.bytes.subarray(32);
    try {
      proxy.arrive(written(1));
      proxy.arrive(written(2));
      expect(await proxy.receive()).toEqual({ taken: 1, known: 0, unbelieved: 1 });
    } finally {
      unfit.key = undefined;
    }
  });

  test('a replayed text from before the window', async () => {
    const proxy = new Proxy();
    proxy.arrive(written(1, { counter: 1000 }));
    proxy.arrive(written(1, { counter: 744 }));
    proxy.arrive(written(1, { counter: 745 }));
    expect(await proxy.receive()).toEqual({ taken: 2, known: 0, unbelieved: 1 });
    expect(proxy.unbelieved.counts()).toEqual({ 'an old counter': 1 });
  });

  test('links, folders, devices and huge files in the inbox; what is not of gammu-smsd stays', async () => {
    const proxy = new Proxy();
    const at = (name: string): string => join(proxy.inbox, name);
    writeFileSync(join(proxy.folder, 'secret'), written(1));
    symlinkSync(join(proxy.folder, 'secret'), at('IN20261121_205500_01_+1_00.txt'));
    symlinkSync('/dev/zero', at('IN20261121_205500_02_+1_00.txt'));
    mkdirSync(at('IN20261121_205500_03_+1_00.txt'));
    writeFileSync(at('IN20261121_205500_04_..\n$(x)_00.txt'), 'x'.repeat(5000));
    writeFileSync(at('notes.txt'), 'of a person');
    proxy.arrive(written(1), 0, '55');
    expect(await proxy.receive()).toEqual({ taken: 1, known: 0, unbelieved: 4 });
    expect(readdirSync(proxy.inbox)).toEqual(['notes.txt']);
    expect(readFileSync(join(proxy.folder, 'secret'), 'utf8')).toBe(written(1));
  });

  test('a flood of them keeps the newest alone', async () => {
    const proxy = new Proxy();
    for (let n = 0; n < 30; n++) proxy.arrive(`spam ${n}`, 0, String(1000 + n));
    expect(await proxy.receive()).toMatchObject({ unbelieved: 30 });
    expect(proxy.kept()).toHaveLength(20);
    expect(proxy.unbelieved.counts()).toEqual({ 'no text of a node': 30 });
  });
});

test('whatever order counters come in, each is new once, and what is too old never is', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 400 }), (counters) => {
      let window = emptyWindow;
      const seen = new Set<number>();
      for (const counter of counters) {
        const expected = counter <= window.highest - 256 ? 'old' : seen.has(counter) ? 'seen' : 'new';
        const judged = judgeCounter(window, counter);
        expect(judged.kind).toBe(expected);
        if (judged.kind !== 'new') continue;
        seen.add(counter);
        window = judged.window;
      }
      expect(window.seen.length).toBeLessThanOrEqual(64);
    }),
  );
});
