/** Whose turn it is in the outbox of gammu-smsd, played here by a program that does as it does: see also dead-number.test.ts. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { GammuSpool } from '../../src/sms/gammu-spool.ts';
import { firstTicket, identityOf, parseSpoolName, spoolName } from '../../src/sms/spool-name.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

const patienceMs = 180_000;
afterAll(removeFolders);

/** Takes the first name, and moves it by that name a while later: as a number takes no text, it stays. */
class PlayedGammu {
  readonly spool = temporaryFolder();
  readonly dead: ReadonlySet<string>;
  nowMs = 0;
  /** Names that were not there any more when their text had been sent: it would be sent again. */
  readonly missed: string[] = [];
  #hand: { readonly name: string; readonly sinceMs: number } | undefined;

  constructor(...dead: string[]) {
    this.dead = new Set(dead);
    for (const name of ['outbox', 'sent', 'error']) mkdirSync(join(this.spool, name));
  }

  pick(): void {
    const [name] = this.names('outbox');
    if (!this.#hand && name !== undefined) this.#hand = { name, sinceMs: this.nowMs };
  }

  finish(): void {
    const name = this.#hand?.name;
    this.#hand = undefined;
    if (name === undefined || this.dead.has(parseSpoolName(name)?.phone ?? '')) return;
    if (this.names('outbox').includes(name))
      renameSync(join(this.spool, 'outbox', name), join(this.spool, 'sent', name));
    else this.missed.push(name);
  }

  /** It has no text in hand for as long as that. */
  wait(ms: number): void {
    this.nowMs += ms;
    if (this.#hand && this.nowMs - this.#hand.sinceMs >= patienceMs) this.finish();
  }

  /** As much as goes. */
  work(): void {
    for (let before = -1; before !== this.names('sent').length;) {
      before = this.names('sent').length;
      this.pick();
      this.finish();
    }
  }

  names(folder: 'outbox' | 'sent' | 'error'): string[] {
    return readdirSync(join(this.spool, folder)).toSorted();
  }

  /** Which texts are there, in the order of their names. */
  texts(folder: 'outbox' | 'sent' | 'error'): string[] {
    return this.names(folder).map((name) => {
      const { counter, phone } = parseSpoolName(name) ?? { counter: 0, phone: '' };
      return `${counter} to ${phone}`;
    });
  }
}

function start(...dead: string[]): { gammu: PlayedGammu; spool: GammuSpool } {
  const gammu = new PlayedGammu(...dead);
  return { gammu, spool: new GammuSpool(gammu.spool, () => gammu.nowMs) };
}

const text = (counter: number, phone: string) => ({ incarnation: 'a3f9', counter, phone });

/** What the daemon does while nothing new comes. */
function rest({ gammu, spool }: ReturnType<typeof start>, times: number): void {
  for (let turn = 0; turn < times; turn++) {
    spool.tidy();
    gammu.work();
    gammu.wait(patienceMs);
  }
}

describe('a number that takes no text', () => {
  test('has the others go ahead of it when it has had its time, and not before', () => {
    const { gammu, spool } = start('111');
    for (const counter of [1, 2]) for (const phone of ['111', '222']) spool.hand(text(counter, phone), 't');
    const before = gammu.texts('outbox');
    expect(before).toEqual(['1 to 111', '1 to 222', '2 to 111', '2 to 222']);
    spool.tidy();
    gammu.wait(patienceMs - 1);
    spool.tidy();
    expect(gammu.texts('outbox')).toEqual(before);
    gammu.wait(1);
    spool.tidy();
    expect(gammu.texts('outbox')).toEqual(['1 to 222', '2 to 222', '2 to 111', '1 to 111']);
  });

  test('keeps its name while it is first: gammu-smsd may have it in hand', () => {
    const { gammu, spool } = start();
    for (const phone of ['111', '222']) spool.hand(text(1, phone), 't');
    const [first] = gammu.names('outbox');
    spool.tidy();
    gammu.wait(patienceMs);
    spool.tidy();
    expect(gammu.names('outbox')[1]).toBe(first);
  });

  test('alone in the outbox it is left where it is', () => {
    const { gammu, spool } = start('111');
    for (const counter of [1, 2]) spool.hand(text(counter, '111'), 't');
    const before = gammu.names('outbox');
    rest({ gammu, spool }, 5);
    expect(gammu.names('outbox')).toEqual(before);
  });

  test('and another one: whoever takes texts gets all of them, in their order', () => {
    const { gammu, spool } = start('111', '222');
    for (let counter = 1; counter <= 3; counter++)
      for (const phone of ['111', '222', '333']) spool.hand(text(counter, phone), 't');
    rest({ gammu, spool }, 4);
    expect(gammu.texts('sent')).toEqual([1, 2, 3].map((counter) => `${counter} to 333`));
  });

  test('has its oldest texts given up when more than five wait and others have had theirs, and never fills the outbox', () => {
    const { gammu, spool } = start('111', '222');
    const phones = ['111', '222', '333'];
    for (let counter = 1; counter <= 40; counter++) {
      for (const phone of phones) spool.hand(text(counter, phone), 't');
      rest({ gammu, spool }, 4);
    }
    expect(gammu.names('sent')).toHaveLength(40);
    const waiting = gammu.texts('outbox');
    expect(waiting.length).toBeLessThanOrEqual(2 * 7);
    expect(waiting).toContain('40 to 111');
    expect(gammu.names('outbox').length + gammu.names('error').length).toBe(80);
    expect(gammu.missed).toEqual([]);
  });

  test('while gammu-smsd sends nothing at all nobody is given up, and that is said', () => {
    const { gammu, spool } = start('111', '222');
    for (let counter = 1; counter <= 50; counter++)
      for (const phone of ['111', '222']) spool.hand(text(counter, phone), 't');
    rest({ gammu, spool }, 4);
    expect(gammu.names('error')).toEqual([]);
    expect(() => spool.hand(text(51, '333'), 't')).toThrowError(/100 texts that wait/);
  });

  test('and nobody else takes any either: names change only every quarter of an hour then, until a text comes', () => {
    const { gammu, spool } = start('111', '222');
    for (const phone of ['111', '222']) spool.hand(text(1, phone), 't');
    rest({ gammu, spool }, 5);
    const before = gammu.names('outbox');
    rest({ gammu, spool }, 4);
    expect(gammu.names('outbox')).toEqual(before);
    rest({ gammu, spool }, 1);
    expect(gammu.names('outbox')).not.toEqual(before);
    spool.hand(text(1, '333'), 't');
    rest({ gammu, spool }, 4);
    expect(gammu.texts('sent')).toEqual(['1 to 333']);
  });

  test('that fills the outbox leaves room for those that texts are sent to', () => {
    const { gammu, spool } = start('111');
    const write = (folder: string, counter: number): void =>
      writeFileSync(join(gammu.spool, folder, spoolName(text(counter, '111'), firstTicket + counter)), '');
    for (let counter = 1; counter <= 100; counter++) write('outbox', counter);
    expect(() => spool.hand(text(101, '222'), 't')).toThrowError(/100 texts that wait/);
    write('sent', 101);
    spool.hand(text(101, '222'), 't');
    expect(gammu.names('outbox')).toHaveLength(101);
  });

  test('without a folder for what is given up, the others go out all the same', () => {
    const { gammu, spool } = start('111');
    for (let counter = 1; counter <= 10; counter++)
      for (const phone of ['111', '222']) spool.hand(text(counter, phone), 't');
    rmSync(join(gammu.spool, 'error'), { recursive: true });
    rest({ gammu, spool }, 4);
    expect(gammu.names('sent')).toHaveLength(10);
    expect(gammu.names('outbox')).toHaveLength(10);
  });
});

test('when the first text goes while the others are about to, none of them is renamed: it may be on its way', () => {
  const gammu = new PlayedGammu();
  let isAtWork = false;
  const spool = new GammuSpool(gammu.spool, () => {
    if (isAtWork) gammu.finish();
    if (isAtWork) gammu.pick();
    return gammu.nowMs;
  });
  for (const phone of ['111', '222', '333']) spool.hand(text(1, phone), 't');
  spool.tidy();
  gammu.wait(patienceMs);
  gammu.pick();
  isAtWork = true;
  const [, ...behind] = gammu.names('outbox');
  spool.tidy();
  expect(gammu.names('outbox')).toEqual(behind);
});

test('a text that waits under another turn is not written again, and what is not ours keeps its name', () => {
  const { gammu, spool } = start('111');
  writeFileSync(join(gammu.spool, 'outbox/OUTC20261122_000000_00_+1555_sms0.txt'), 'of somebody else');
  for (const phone of ['111', '222', '333']) spool.hand(text(1, phone), 't');
  rest({ gammu, spool }, 1);
  spool.tidy();
  for (const phone of ['111', '222', '333']) spool.hand(text(1, phone), 't');
  expect(gammu.names('outbox')).toHaveLength(4);
  expect(gammu.names('outbox').at(-1)).toBe('OUTC20261122_000000_00_+1555_sms0.txt');
});

test('cut anywhere while others go ahead, each text is there once, and all that can go out does', () => {
  for (let cut = 0; cut < 4; cut++) {
    const { gammu, spool } = start('111');
    const phones = ['111', '222', '333', '444'];
    for (const phone of phones) spool.hand(text(1, phone), 't');
    const [first = '', ...behind] = gammu.names('outbox');
    spool.tidy();
    gammu.wait(patienceMs);
    spool.tidy();
    // Those that a cut has left behind go back to where they were.
    const ahead = gammu.names('outbox').filter((name) => name !== first);
    for (const [index, name] of ahead.entries())
      if (index >= cut)
        renameSync(join(gammu.spool, 'outbox', name), join(gammu.spool, 'outbox', behind[index] ?? ''));
    const restarted = new GammuSpool(gammu.spool, () => gammu.nowMs);
    for (const phone of phones) restarted.hand(text(1, phone), 't');
    rest({ gammu, spool: restarted }, 3);
    expect(gammu.texts('sent')).toEqual(['1 to 222', '1 to 333', '1 to 444']);
    expect(gammu.texts('outbox')).toEqual(['1 to 111']);
  }
});

test('whatever gammu-smsd does meanwhile: no text is lost, doubled, or renamed while it has it in hand', () => {
  const phones = ['111', '222', '+333'];
  const step = fc.oneof(
    fc.constantFrom('pick' as const, 'finish' as const, 'tidy' as const, 'hand' as const, 'restart' as const),
    fc.integer({ min: 1, max: patienceMs / 5 }),
  );
  const dead = fc.subarray(phones);
  fc.assert(
    fc.property(dead, fc.array(step, { maxLength: 60, size: 'max' }), (deadPhones, steps) => {
      const gammu = new PlayedGammu(...deadPhones);
      const make = (): GammuSpool => new GammuSpool(gammu.spool, () => gammu.nowMs);
      let spool = make();
      let counter = 0;
      const does = {
        pick: () => gammu.pick(),
        finish: () => gammu.finish(),
        tidy: () => spool.tidy(),
        restart: () => (spool = make()),
        hand: () => {
          counter++;
          for (const phone of phones) spool.hand(text(counter, phone), 't');
        },
      };
      for (const one of steps)
        if (typeof one === 'number') {
          gammu.wait(one);
          spool.tidy();
        } else does[one]();
      gammu.finish();
      rest({ gammu, spool }, 20);
      expect(gammu.missed).toEqual([]);
      const all = (['outbox', 'sent', 'error'] as const).flatMap((folder) => gammu.names(folder));
      const identities = all.map((name) => identityOf(parseSpoolName(name) ?? text(0, '')));
      expect(new Set(identities).size).toBe(3 * counter);
      expect(all).toHaveLength(3 * counter);
      expect(gammu.names('sent')).toHaveLength((phones.length - deadPhones.length) * counter);
    }),
    { numRuns: 40 },
  );
});
