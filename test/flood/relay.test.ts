/** What came by another way than a neighbour, while this node meets neighbours: the relay finds it where the controller has put it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { takeOfNode, takeOfOffice } from '../../src/controller/notices/take-notice.ts';
import { Beliefs } from '../../src/flood/beliefs.ts';
import { Relay } from '../../src/flood/relay.ts';
import { loadConfig } from '../../src/node/config.ts';
import { parseSecretKey } from '../../src/parcel/secret-key.ts';
import { maxHeldRanges } from '../../src/parcel/limits.ts';
import { packRoster } from '../../src/parcel/pack.ts';
import { formatSummary, parseSummary } from '../../src/parcel/summary.ts';
import type { Roster } from '../../src/parcel/roster.ts';
import { withVerified } from '../../src/store/verified-file.ts';
import { draftRoster, enrolledNode, guidOf, incarnation, signedAck } from '../kit/enrolled.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { signZip, trusted } from '../kit/office.ts';
import { cleanUp, makeKiosk, officeKey } from '../controller/at-work.ts';
import { withNode, type InProcess } from '../controller/in-process.ts';

afterAll(cleanUp);

const trust = { keys: trusted(officeKey), threshold: 1 };
const proxy = enrolledNode(9, 'proxy', {}, [officeKey]);
const origin = guidOf(5);

let kiosk: Kiosk;
beforeEach(async () => {
  kiosk = await makeKiosk();
});

function archivePath(sequence: number): string {
  return join(kiosk.layout.relayLogs, origin, incarnation, `${String(sequence).padStart(10, '0')}.long.zip`);
}

interface AtWork {
  readonly relay: Relay;
  readonly node: InProcess;
  readonly acknowledged: number[];
  /** Rosters that were given to ssh. */
  readonly changed: Buffer[];
  readonly beliefs: Beliefs;
  /** While it is set, whoever hears of acknowledgements cannot heed them. */
  readonly trouble: { isThere: boolean };
}

/** A relay that holds three archives of another node. */
async function relaying(work: (atWork: AtWork) => Promise<void>, kept?: Roster): Promise<void> {
  mkdirSync(dirname(archivePath(1)), { recursive: true });
  for (const sequence of [1, 2, 3]) writeFileSync(archivePath(sequence), 'an archive');
  await withNode(kiosk, async (node) => {
    const { layout, host, tell, ledger } = node.context;
    const identity = await parseSecretKey(readFileSync(layout.identityKey, 'utf8'), () => '');
    const { guid } = loadConfig(layout).node;
    const acknowledged: number[] = [];
    const changed: Buffer[] = [];
    const trouble = { isThere: false };
    const beliefs = new Beliefs(() => trust, kept);
    const relay = new Relay(
      {
        layout,
        config: node.context.config,
        ledger,
        host: { now: () => host.now(), uptimeSeconds: () => 1, randomHex: () => '00' },
        own: { node: guid, role: 'kiosk', serial: 1, line: '', identity },
        beliefs,
        tell,
      },
      {
        rosterChanged: () => {
          if (trouble.isThere) return Promise.reject(new Error('no room'));
          changed.push(readFileSync(join(layout.relay, 'roster.zip')));
          return Promise.resolve();
        },
        acknowledged: ({ number }) => {
          if (trouble.isThere) return Promise.reject(new Error('no room'));
          acknowledged.push(number);
          return Promise.resolve();
        },
      },
    );
    await relay.open({ free: () => 0, meetings: () => undefined });
    await work({ relay, node, acknowledged, changed, trouble, beliefs });
  });
}

function ackOf(number: number, last: number): Buffer {
  const held = [{ first: 1, last }];
  return signedAck(proxy, {
    number,
    origins: [{ origin, incarnation, held, voids: [], digest: 'a'.repeat(64) }],
  });
}

async function takeAck({ context }: InProcess, parcel: Buffer): Promise<void> {
  await takeOfNode(context, trust, {
    path: kiosk.file('ack.zip', parcel),
    channel: 'usb',
    fileHash: 'a'.repeat(128),
  });
}

function roster(draft: Partial<Roster>): Buffer {
  return signZip(packRoster(draftRoster(draft)), officeKey);
}

async function takeRoster({ context }: InProcess, parcel: Buffer): Promise<void> {
  await withVerified(kiosk.file('roster.zip', parcel), 'refuse', trust, (file) =>
    takeOfOffice(context, trust, file),
  );
}

describe('while neighbours are met', () => {
  test('a node that makes every second archive a hole does not make the summary one that nobody reads', async () => {
    await relaying(async ({ relay }) => {
      const long = Array.from({ length: maxHeldRanges + 1 }, (_, hole) => {
        const first = 1 + 2 * hole;
        return { first, last: first };
      });
      const hostile = { origin: guidOf(6), incarnation, short: [], long, bytes: 1 };
      // Its files would take as long to write as all other tests here.
      const held = [...relay.pool.holdings(), hostile];
      vi.spyOn(relay.pool, 'holdings').mockReturnValue(held);
      const { logs } = parseSummary(Buffer.from(formatSummary(relay.summary(false))));
      expect(logs.map((stream) => [stream.origin, stream.long.length])).toEqual([
        [origin, 1],
        [hostile.origin, maxHeldRanges],
      ]);
      await Promise.resolve();
    });
  });

  test('an acknowledgement from elsewhere is offered, removes what it covers, and is heeded once', async () => {
    await relaying(async ({ relay, node, acknowledged }) => {
      await takeAck(node, ackOf(1, 2));
      await relay.look();
      await relay.look();
      expect([1, 2, 3].map((sequence) => existsSync(archivePath(sequence)))).toEqual([false, false, true]);
      expect(relay.acks.cover.has({ origin, incarnation, sequence: 2 })).toBe(true);
      expect(relay.holdings(false)).toMatchObject({
        acks: [{ number: 1 }],
        logs: [{ long: [{ first: 3, last: 3 }] }],
      });
      expect(acknowledged).toEqual([1]);
      await takeAck(node, ackOf(2, 3));
      await relay.look();
      expect(relay.pool.holdings()).toEqual([]);
      expect(acknowledged).toEqual([1, 2]);
    });
  });

  test('an acknowledgement that could not be heeded is heeded at a later look; what it covers goes at once', async () => {
    await relaying(async ({ relay, node, acknowledged, trouble }) => {
      trouble.isThere = true;
      await takeAck(node, ackOf(1, 2));
      await expect(relay.look()).rejects.toThrow('no room');
      expect([1, 2, 3].map((sequence) => existsSync(archivePath(sequence)))).toEqual([false, false, true]);
      trouble.isThere = false;
      await relay.look();
      await relay.look();
      expect(acknowledged).toEqual([1]);
    });
  });

  test('a roster from elsewhere counts at the next look: what it closes goes', async () => {
    await relaying(async ({ relay, node }) => {
      await takeRoster(node, roster({ number: 4, closed: [{ origin, incarnation }] }));
      await relay.look();
      expect(relay.holdings(false)).toMatchObject({ roster: 4, logs: [] });
      expect(existsSync(archivePath(1))).toBe(false);
    });
  });

  test('a roster that could not be given to ssh is given to it at the next look; archives and acknowledgements go on', async () => {
    await relaying(async ({ relay, node, changed, trouble, acknowledged, beliefs }) => {
      const [three, four] = [roster({ number: 3 }), roster({ number: 4 })];
      trouble.isThere = true;
      await expect(relay.takeRoster(three)).rejects.toThrow('no room');
      await expect(relay.look()).rejects.toThrow('no room');
      expect(beliefs.rosterNumber).toBe(3);
      trouble.isThere = false;
      await relay.look();
      await relay.look();
      expect(changed).toEqual([three]);
      trouble.isThere = true;
      await takeRoster(node, four);
      await expect(relay.look()).rejects.toThrow('no room');
      trouble.isThere = false;
      await takeAck(node, ackOf(1, 2));
      await relay.look();
      expect(changed).toEqual([three, four]);
      expect(acknowledged).toEqual([1]);
    });
  });

  test('an older roster that a neighbour brings in between does not take its place', async () => {
    await relaying(async ({ relay, node }) => {
      await takeRoster(node, roster({ number: 4 }));
      expect(await relay.takeRoster(roster({ number: 3 }))).toBe(false);
      expect(readFileSync(join(kiosk.layout.relay, 'roster.zip'))).toEqual(roster({ number: 4 }));
    });
  });

  test('a roster older than the one that was in force before gives nobody his rights back', async () => {
    const revoked = [{ first: 7, last: 7 }];
    await relaying(
      async ({ relay, beliefs }) => {
        expect(await relay.takeRoster(roster({ number: 3 }))).toBe(false);
        writeFileSync(join(kiosk.layout.relay, 'roster.zip'), roster({ number: 3 }));
        await relay.look();
        expect(beliefs.nodeTrust.revoked).toEqual(revoked);
        expect(await relay.takeRoster(roster({ number: 5 }))).toBe(true);
        expect(beliefs.nodeTrust.revoked).toEqual([]);
      },
      draftRoster({ number: 4, revoked }),
    );
  });

  test('a roster that is cut off on the shelf is taken away, and stops nothing', async () => {
    await relaying(async ({ relay }) => {
      writeFileSync(join(kiosk.layout.relay, 'roster.zip'), 'cut off');
      await relay.look();
      expect(existsSync(join(kiosk.layout.relay, 'roster.zip'))).toBe(false);
    });
  });
});
