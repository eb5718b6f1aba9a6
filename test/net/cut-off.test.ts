/**
 * `kill -9`, and a disk that is full, at the steps of a contact between two hosts, with real ssh and rsync: nothing wrong is offered
 * afterwards, nothing of its own is lost, and the next contact comes to the same end. Needs root.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spread } from '../crash/spread.ts';
import {
  canTrace,
  diskCalls,
  killBefore,
  recordSteps,
  refuseFrom,
  thinned,
  walk,
  type Command,
} from '../crash/steps.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Contacts } from './contacts.ts';

const writes = ['write', 'pwrite64', 'fsync', 'rename', 'mkdir', 'ftruncate'];
/** The soak takes every step. */
const patience = { timeout: 3_600_000 };

let contacts: Contacts;
const contact = (): Command => ({ args: contacts.command(), before: contacts.ferry.host.inside });

/** A contact that nothing disturbs. */
async function wrongAfterNext(): Promise<string[]> {
  const { exitCode, stderr } = await contacts.ferry.host.run([process.execPath, ...contacts.command()]);
  return exitCode === 0 ? contacts.wrongAtEnd() : [`the next contact ended with ${exitCode}: ${stderr}`];
}

describe.skipIf(!canMakeHosts || !canTrace)(
  'a contact of two hosts (root, network namespaces, strace)',
  () => {
    beforeAll(async () => {
      contacts = await Contacts.make([3000, 60_000]);
    }, 600_000);
    afterAll(async () => {
      await contacts.fleet.stop();
      removeFolders();
    });

    test(
      'killed before any durable step offers nothing wrong, has lost nothing, and the next one comes to the same end',
      patience,
      async () => {
        const steps = thinned(await recordSteps(contact(), diskCalls)).filter(({ text }) =>
          text.includes(contacts.ferry.host.root),
        );
        expect(contacts.wrongAtEnd()).toStrictEqual([]);
        const sights = [
          'relay/logs',
          'relay/acks',
          'roster.zip',
          'inbox',
          'ledger.sqlite-wal',
          'quarantine',
          'staging',
        ];
        expect(sights.filter((sight) => !steps.some(({ text }) => text.includes(sight)))).toStrictEqual([]);
        let kills = 0;
        const attempt = async (step: (typeof steps)[number]): Promise<string[]> => {
          await contacts.putBack();
          const { killed } = await killBefore(contact(), step);
          if (killed) kills += 1;
          await contacts.sweep();
          const wrong = contacts.wrongAnywhere();
          return [...wrong, ...(await wrongAfterNext())];
        };
        const tried = spread(steps, 6);
        expect(await walk(tried, attempt, 1)).toStrictEqual([]);
        // What comes in pieces takes some writes more or less each time: the last step may not be reached.
        expect(kills).toBeGreaterThan(tried.length / 2);
      },
    );

    test(
      'whose disk is full from any step on offers nothing wrong, has lost nothing, and the next one comes to the same end',
      patience,
      async () => {
        await contacts.putBack();
        const steps = thinned(await recordSteps(contact(), writes)).filter(({ text }) =>
          text.includes(contacts.ferry.host.root),
        );
        const attempt = async (step: (typeof steps)[number]): Promise<string[]> => {
          await contacts.putBack();
          await refuseFrom(contact(), step, 'ENOSPC');
          await contacts.sweep();
          return [...contacts.wrongAnywhere(), ...(await wrongAfterNext())];
        };
        expect(await walk(spread(steps, 5), attempt, 1)).toStrictEqual([]);
      },
    );
  },
);
