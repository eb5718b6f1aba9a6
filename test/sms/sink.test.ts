/** The node's side: each outcome has one number and one cost for each phone, whatever is cut, and gammu-smsd sends it. */
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { fixedKey } from '../../fixtures/kit/keys.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger, openLedger } from '../../src/ledger/open.ts';
import { pack } from '../../src/parcel/public-key.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { smsSink } from '../../src/report/sinks/sms.ts';
import type { ShortLog, ShortLogSink } from '../../src/report/sinks/sink.ts';
import { GammuSpool } from '../../src/sms/gammu-spool.ts';
import { isWrittenBy, keyOfProxy } from '../../src/sms/check.ts';
import { parseSms } from '../../src/sms/text.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { Gammu, hasGammu, textOf, until } from './gammu.ts';

const guid = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';
const [nodeKey, proxyKey] = [fixedKey(1), fixedKey(2)];
const never = new AbortController().signal;
const ledgers: Ledger[] = [];
afterEach(() => {
  for (const ledger of ledgers.splice(0)) ledger.close();
});
afterAll(removeFolders);

interface Node {
  readonly ledger: Ledger;
  readonly spool: string;
  readonly sink: ShortLogSink;
  uptimeSeconds: number;
}

interface Given {
  readonly numbers?: readonly string[];
  readonly textsADay?: number;
  readonly spool?: string;
  readonly ledgerFile?: string;
}

function makeNode({ numbers = ['+15551'], textsADay = 20, spool, ledgerFile }: Given = {}): Node {
  const folder = spool ?? temporaryFolder();
  for (const name of ['outbox', 'sent', 'error']) mkdirSync(join(folder, name), { recursive: true });
  const ledger = ledgerFile === undefined ? makeLedger(join(temporaryFolder(), 'l')) : openLedger(ledgerFile);
  ledgers.push(ledger);
  const receiver = pack(publicKeyOf(proxyKey)).toString('base64');
  const node = { ledger, spool: folder, uptimeSeconds: 0 };
  const sink = smsSink(
    { name: 'sms', numbers, sms: { spool: folder, receiver, name: 'Mill Road', textsADay } },
    {
      guid,
      ledger,
      host: { uptimeSeconds: () => node.uptimeSeconds, bootId: 'b', randomHex: () => '0a3f91' },
      identity: () => Promise.resolve(nodeKey),
    },
  );
  return Object.assign(node, { sink });
}

const message = (n: number, text = 'no space left'): ShortLog => ({
  id: n,
  digest: n.toString(16).padStart(128, '0'),
  sequence: n,
  state: 'failed',
  text,
  createdAt: '1970-01-01T00:00:09Z',
});

/** Of our text with a counter. */
function fileName(counter: number): string {
  return `OUTC19700101_000000_${String(counter).padStart(16, '0')}_+15551_ferryman-mfwh.txt`;
}

const outbox = ({ spool }: Node): string[] => readdirSync(join(spool, 'outbox')).toSorted();
const outboxTexts = (node: Node): string[] =>
  outbox(node).map((name) => textOf(join(node.spool, 'outbox', name)));

function believed(text: string): boolean {
  const read = parseSms(text);
  return (
    read !== undefined &&
    isWrittenBy(read, guid, keyOfProxy(proxyKey.bytes.subarray(0, 32), nodeKey.bytes.subarray(32)))
  );
}

describe('a text', () => {
  test('goes to every number, the same to each, and the proxy believes it', async () => {
    const node = makeNode({ numbers: ['+15551', '15552'] });
    await node.sink.send(message(42), never);
    const [first = '', second] = outboxTexts(node);
    expect(first).toMatch(/^9f1c1d5e Mill Road #42 failed: no space left =mfwh-1\.[0-9a-z]{12}$/);
    expect(second).toBe(first);
    expect(believed(first)).toBe(true);
    expect(outbox(node)).toEqual([
      'OUTC19700101_000000_0000000000000001_+15551_ferryman-mfwh.txt',
      'OUTC19700101_000001_0000000000000001_15552_ferryman-mfwh.txt',
    ]);
  });

  test('says the title and the exit status of an update that still stands as it is told', async () => {
    const node = makeNode();
    const { digest, createdAt } = message(42);
    const terms = {
      sequence: 42,
      title: 'Kernel fix',
      recipients: ['all'],
      created: createdAt,
      script: { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 },
      requires: [],
      supersedes: [],
    } as const;
    node.ledger.transaction(() => {
      node.ledger.updates.add({ digest, channel: 'flood', signers: [], terms, at: createdAt });
      const counts = { attempts: 1, deferrals: 0, exitStatus: 3, signal: null };
      node.ledger.updates.setResult(digest, { ...counts, state: 'failed', reason: '', at: createdAt });
    });
    await node.sink.send(message(42), never);
    node.ledger.transaction(() => node.ledger.updates.setState(digest, 'running', '', createdAt));
    await node.sink.send({ ...message(42), id: 43 }, never);
    const [first, second] = outboxTexts(node);
    expect(first).toContain('#42 failed exit 3: Kernel fix: no space left =');
    expect(second).toContain('#42 failed: Kernel fix: no space left =');
  });

  test.each(['outbox', 'sent', 'error'])('that gammu-smsd has put into %s is not written again', (folder) => {
    const spool = temporaryFolder();
    for (const name of ['outbox', 'sent', 'error']) mkdirSync(join(spool, name));
    const gammu = new GammuSpool(spool, () => 0);
    const file = { incarnation: 'a3f9', counter: 1, phone: '+15551' };
    gammu.hand(file, 'text');
    const [name = ''] = readdirSync(join(spool, 'outbox'));
    renameSync(join(spool, 'outbox', name), join(spool, folder, name));
    // As after a crash, before the ledger heard that it was handed over.
    gammu.hand(file, 'text');
    expect(readdirSync(join(spool, 'outbox'))).toHaveLength(folder === 'outbox' ? 1 : 0);
  });

  test('that was handed over, and was not taken for it, is neither written nor paid for again', async () => {
    const node = makeNode();
    await node.sink.send(message(1), never);
    rmSync(join(node.spool, 'outbox', outbox(node)[0] ?? ''));
    await node.sink.send(message(1), never);
    expect(outbox(node)).toEqual([]);
    expect(node.ledger.sms.spentToday(0)).toBe(1);
  });
});

describe('the budget', () => {
  test('drops what is beyond it with a note, and is there again on the next day that the machine is on', async () => {
    const node = makeNode({ textsADay: 3, numbers: ['+15551', '+15552'] });
    expect(await node.sink.send(message(1), never)).toBeUndefined();
    expect(await node.sink.send(message(2), never)).toMatch(/beyond 3 texts a day.*not sent to \+15552/);
    expect(await node.sink.send(message(3), never)).toMatch(/not sent to \+15551, \+15552/);
    expect(outbox(node)).toHaveLength(3);
    node.uptimeSeconds = 24 * 3600;
    expect(await node.sink.send(message(4), never)).toBeUndefined();
    expect(outbox(node)).toHaveLength(5);
  });

  test('what was dropped stays dropped, and what was paid for stays paid for', async () => {
    const node = makeNode({ textsADay: 1 });
    await node.sink.send(message(1), never);
    await node.sink.send(message(2), never);
    node.uptimeSeconds = 24 * 3600;
    expect(await node.sink.send(message(2), never)).toMatch(/not sent/);
    expect(await node.sink.send(message(1), never)).toBeUndefined();
    expect(outbox(node)).toHaveLength(1);
  });

  test('a calendar that falls back after a crash gives nothing twice', () => {
    const { ledger } = makeNode();
    const spend = (n: number, day: number): number =>
      ledger.transaction(() => ledger.sms.spend(message(n), ['+1555'], { day, textsADay: 1 })).owed.length;
    expect([spend(1, 5), spend(2, 4), spend(3, 5), spend(4, 6)]).toEqual([1, 0, 0, 1]);
  });

  test('whatever is told, told again, and cut: one number for each outcome, never more paid than a day allows', () => {
    const { ledger } = makeNode();
    const step = fc.record({ n: fc.integer({ min: 1, max: 6 }), day: fc.integer({ min: 0, max: 2 }) });
    let base = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), (steps, textsADay) => {
        base += 10;
        const owed = new Map<string, number>();
        const numbers = new Map<number, number>();
        for (const { n, day } of steps) {
          const budget = { day: base + day, textsADay };
          const spent = ledger.transaction(() =>
            ledger.sms.spend(message(base + n), ['1555', '1556'], budget),
          );
          expect(numbers.get(n) ?? spent.counter).toBe(spent.counter);
          numbers.set(n, spent.counter);
          for (const phone of spent.owed) owed.set(`${n}/${phone}`, 1);
          expect(ledger.sms.spentToday(base)).toBeLessThanOrEqual(textsADay);
        }
        expect(owed.size).toBeLessThanOrEqual(3 * textsADay);
        expect(new Set(numbers.values()).size).toBe(numbers.size);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what stands in the way', () => {
  test('no folder, and nothing is lost: the same text goes when it is there', async () => {
    const node = makeNode();
    rmdirSync(join(node.spool, 'outbox'));
    await expect(node.sink.send(message(1), never)).rejects.toMatchObject({ code: 'report.failed' });
    await expect(node.sink.send(message(1), never)).rejects.toThrowError(/sink sms: .*outbox/);
    mkdirSync(join(node.spool, 'outbox'));
    await node.sink.send(message(1), never);
    expect(outbox(node)).toHaveLength(1);
    expect(node.ledger.sms.spentToday(0)).toBe(1);
  });

  test('a gammu-smsd that sends nothing is said, and its disk is not filled', async () => {
    const node = makeNode();
    for (let n = 100; n < 200; n++) writeFileSync(join(node.spool, 'outbox', fileName(n)), '');
    await expect(node.sink.send(message(1), never)).rejects.toThrowError(/100 texts that wait/);
    expect(outbox(node)).toHaveLength(100);
    rmSync(join(node.spool, 'outbox', fileName(150)));
    await node.sink.send(message(1), never);
    expect(outbox(node)).toHaveLength(100);
  });

  test('what is sent already is tended to while nothing waits, and a spool that cannot be read stops nobody', async () => {
    const node = makeNode();
    const part = join(node.spool, 'outbox/.OUTC_+1.txt.0011aa22bb33.999999999.part');
    writeFileSync(part, 'half');
    node.sink.tend?.();
    expect(readdirSync(join(node.spool, 'outbox'))).toEqual([]);
    rmdirSync(join(node.spool, 'outbox'));
    writeFileSync(join(node.spool, 'outbox'), 'no folder');
    expect(() => node.sink.tend?.()).not.toThrow();
    await expect(node.sink.send(message(1), never)).rejects.toMatchObject({ code: 'report.failed' });
  });

  test('a text that a crash has left half written is swept, and never under a name that gammu-smsd takes', async () => {
    const node = makeNode();
    writeFileSync(join(node.spool, 'outbox/.OUTC_+1.txt.0011aa22bb33.999999999.part'), 'half');
    await node.sink.send(message(1), never);
    expect(outbox(node)).toHaveLength(1);
  });

  test('what gammu-smsd is done with is kept, but not for ever; what is not ours stays', async () => {
    const node = makeNode();
    const sent = join(node.spool, 'sent');
    writeFileSync(join(sent, 'OUTC_+1555.txt'), 'of somebody else');
    for (let n = 100; n < 303; n++) writeFileSync(join(sent, fileName(n)), '');
    await node.sink.send(message(1), never);
    const names = readdirSync(sent).toSorted();
    expect(names).toHaveLength(201);
    expect(names).toContain('OUTC_+1555.txt');
    expect(names[0]).toBe(fileName(103));
  });
});

describe.skipIf(!hasGammu)('with the real gammu-smsd (needs the package gammu-smsd)', () => {
  test('texts are sent in their order, none is lost and none sent twice when it is killed in the midst', async () => {
    const gammu = new Gammu();
    const node = makeNode({ spool: gammu.spool, numbers: ['+15551', '+15552'] });
    try {
      gammu.start();
      for (let n = 1; n <= 3; n++) await node.sink.send(message(n, `€ ${'{'.repeat(80)}`), never);
      await until(() => gammu.names('sent').length >= 2);
      await gammu.kill();
      await node.sink.send(message(4), never);
      gammu.start();
      await until(() => gammu.names('outbox').length === 0);
    } finally {
      await gammu.kill();
    }
    const texts = gammu.sent();
    expect(texts.map((text) => parseSms(text)?.counter)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(texts.every(believed)).toBe(true);
    expect(gammu.names('error')).toEqual([]);
    expect(gammu.log()).not.toMatch(/Found [2-9] sms/);
    rmSync(gammu.folder, { recursive: true });
  }, 120_000);
});
