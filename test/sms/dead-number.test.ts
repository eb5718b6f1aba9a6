/** A number that is not in use any more keeps no text back from the others: tried on the real gammu-smsd, which tries it for ever. */
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GammuSpool } from '../../src/sms/gammu-spool.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { Gammu, hasCompiler, hasGammu, textOf, until } from './gammu.ts';

const dead = '+15550001';
const alive = ['+15550002', '+15550003'];
afterAll(removeFolders);

test.skipIf(!hasGammu || !hasCompiler)(
  'a dead number blocks nobody (needs the packages gammu-smsd and tcc)',
  async () => {
    const gammu = new Gammu();
    let nowMs = 0;
    const spool = new GammuSpool(gammu.spool, () => nowMs);
    const hand = (counter: number): void => {
      for (const phone of [dead, ...alive])
        spool.hand({ incarnation: 'a3f9', counter, phone }, `text ${counter}`);
    };
    const tries = (): number => gammu.log().split('Error sending SMS').length - 1;
    try {
      hand(1);
      spool.tidy();
      gammu.start(dead);
      await until(() => tries() >= 2);
      expect(gammu.names('sent')).toEqual([]);
      nowMs += 180_000;
      spool.tidy();
      hand(2);
      await until(() => gammu.names('sent').length >= 2);
      const triesBefore = tries();
      await until(() => tries() > triesBefore);
      spool.tidy();
      nowMs += 180_000;
      spool.tidy();
      await until(() => gammu.names('sent').length >= 4);
    } finally {
      await gammu.kill();
    }
    const told = gammu
      .names('sent')
      .map((name) => `${textOf(join(gammu.spool, 'sent', name))} to ${phoneOf(name)}`);
    expect(told.toSorted()).toEqual(
      [1, 2].flatMap((counter) => alive.map((phone) => `text ${counter} to ${phone}`)),
    );
    expect(gammu.names('outbox').map(phoneOf)).toEqual([dead, dead]);
  },
  120_000,
);

function phoneOf(name: string): string {
  return name.split('_')[3] ?? '';
}
