/** Rosters and acknowledgements that come by any channel: taken into use, and offered to neighbours, though none is met here. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readKeptRoster } from '../../src/enrol/kept-roster.ts';
import { loadConfig } from '../../src/node/config.ts';
import type { Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import { chainOver } from '../../src/parcel/chain.ts';
import { packRoster } from '../../src/parcel/pack.ts';
import type { Roster } from '../../src/parcel/roster.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { draftRoster, enrolledNode, guidOf, incarnation, signedAck, signedLog } from '../kit/enrolled.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { fixedKey, signZip } from '../kit/office.ts';
import { cleanUp, drop, makeKiosk, officeKey } from './at-work.ts';
import { onePass, withNode } from './in-process.ts';

afterAll(cleanUp);

const config = '[run]\nstopSeconds = 1\n[logs]\njournal = false';
const proxy = enrolledNode(9, 'proxy', {}, [officeKey]);

function roster(draft: Partial<Roster>): Buffer {
  return signZip(packRoster(draftRoster(draft)), officeKey);
}

function rosterFile({ layout }: Kiosk): string {
  return join(layout.relay, 'roster.zip');
}

function acksOf({ layout }: Kiosk): string[] {
  return existsSync(layout.relayAcks) ? readdirSync(layout.relayAcks) : [];
}

function refusals(kiosk: Kiosk): Promise<string[]> {
  return withNode(kiosk, (node) =>
    Promise.resolve(node.ledger.refusals.newestFirst(10).map(({ code }) => code)),
  );
}

describe('a roster', () => {
  test.each(['backhaul', 'flood', 'usb'])(
    'by %s is in force, and for neighbours to have',
    async (channel) => {
      const kiosk = await makeKiosk();
      const parcel = roster({ number: 7, revoked: [{ first: 3, last: 5 }] });
      await kiosk.receive(parcel, channel);
      expect(await onePass(kiosk)).toEqual([`info: roster 7: by ${channel}: in force from now on`]);
      expect(readKeptRoster(kiosk.layout)).toMatchObject({ number: 7, revoked: [{ first: 3, last: 5 }] });
      expect(readFileSync(rosterFile(kiosk))).toEqual(parcel);
      expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
      expect(await refusals(kiosk)).toEqual([]);
    },
  );

  test('that is older changes nothing; one of the same number with other contents is refused', async () => {
    const kiosk = await makeKiosk();
    await kiosk.receive(roster({ number: 7 }));
    await onePass(kiosk);
    await kiosk.receive(roster({ number: 6, revoked: [{ first: 1, last: 1 }] }));
    expect(await onePass(kiosk)).toEqual(['info: roster 6: by backhaul: a newer one is in force']);
    await kiosk.receive(roster({ number: 7, revoked: [{ first: 1, last: 1 }] }));
    expect((await onePass(kiosk)).join('\n')).toContain('[roster.fork]');
    expect(await refusals(kiosk)).toEqual(['roster.fork']);
    expect(readKeptRoster(kiosk.layout)).toMatchObject({ number: 7, revoked: [] });
    expect(readFileSync(rosterFile(kiosk))).toEqual(roster({ number: 7 }));
  });

  test('that is spoiled on the shelf of neighbours is replaced by the one that comes', async () => {
    const kiosk = await makeKiosk();
    writeFileSync(rosterFile(kiosk), 'spoiled');
    const parcel = roster({ number: 1 });
    await kiosk.receive(parcel);
    await onePass(kiosk);
    expect(readFileSync(rosterFile(kiosk))).toEqual(parcel);
  });

  test('of another office is refused', async () => {
    const kiosk = await makeKiosk();
    await kiosk.receive(signZip(packRoster(draftRoster()), fixedKey(99)));
    await onePass(kiosk);
    expect(await refusals(kiosk)).toEqual(['verify.unknown-key']);
    expect(readKeptRoster(kiosk.layout)).toBeUndefined();
    expect(existsSync(rosterFile(kiosk))).toBe(false);
  });
});

/** A kiosk with one archive of its own; and what a proxy would say that holds it. */
async function withArchive(): Promise<{ kiosk: Kiosk; ack: (draft?: Partial<Acknowledgement>) => Buffer }> {
  const kiosk = await makeKiosk({ config });
  enrolNode(kiosk.layout, officeKey);
  writeFileSync(join(kiosk.root, 'var/log/app.log'), 'all is well\n');
  const packed = await kiosk.run('logs', 'pack');
  if (packed.exitCode !== 0) throw new Error(packed.stderr);
  const { guid } = loadConfig(kiosk.layout).node;
  const [held, own] = await withNode(kiosk, ({ ledger }) => {
    const last = ledger.logArchives.lastSequence();
    const digests = ledger.logArchives.digests({ first: 1, last }).flatMap((digest) => digest ?? []);
    const ranges = [{ first: 1, last }];
    return Promise.resolve([
      { held: ranges, voids: [], digest: chainOver(digests) },
      ledger.fact('log-incarnation') ?? '',
    ] as const);
  });
  const origins = [{ origin: guid, incarnation: own, ...held }];
  return { kiosk, ack: (draft) => signedAck(proxy, { origins, ...draft }) };
}

function ownArchives({ layout }: Kiosk): string[] {
  return readdirSync(layout.relayLogs, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.zip'),
  );
}

describe('an acknowledgement', () => {
  test.each(['backhaul', 'flood', 'usb'])(
    'by %s: what the proxy holds goes here, and neighbours may have it',
    async (channel) => {
      const { kiosk, ack } = await withArchive();
      expect(ownArchives(kiosk)).not.toEqual([]);
      await kiosk.receive(ack(), channel);
      expect(await onePass(kiosk)).toEqual([
        `info: acknowledgement 1 of proxy ${proxy.guid}: by ${channel}: the newest of this proxy`,
      ]);
      expect(ownArchives(kiosk)).toEqual([]);
      expect(acksOf(kiosk)).toEqual([`${proxy.guid}.0.zip`]);
      expect(await refusals(kiosk)).toEqual([]);
    },
  );

  test('that does not match the digests of this node deletes nothing, and says that a person is needed', async () => {
    const { kiosk, ack } = await withArchive();
    const { guid } = loadConfig(kiosk.layout).node;
    const before = ownArchives(kiosk);
    const own = await withNode(kiosk, ({ ledger }) => Promise.resolve(ledger.fact('log-incarnation') ?? ''));
    const claim = {
      origin: guid,
      incarnation: own,
      held: [{ first: 1, last: 1 }],
      voids: [],
      digest: '0'.repeat(64),
    };
    await kiosk.receive(ack({ origins: [claim] }));
    expect((await onePass(kiosk)).join('\n')).toMatch(/^warning: acknowledgement 1 of proxy/);
    expect(ownArchives(kiosk)).toEqual(before);
  });

  test('of a proxy that a roster has revoked, of a kiosk, or of one that nobody knows is refused', async () => {
    const { kiosk, ack } = await withArchive();
    drop(kiosk, 'backhaul', 'a.zip', roster({ revoked: [{ first: 9, last: 9 }] }));
    drop(kiosk, 'backhaul', 'b.zip', ack());
    drop(kiosk, 'backhaul', 'c.zip', signedAck(enrolledNode(3, 'kiosk', {}, [officeKey])));
    drop(kiosk, 'backhaul', 'd.zip', signedAck(enrolledNode(9, 'proxy', {}, [fixedKey(99)])));
    await onePass(kiosk);
    expect((await refusals(kiosk)).toSorted()).toEqual([
      'enrolment.revoked',
      'enrolment.role',
      'enrolment.unproven',
    ]);
    expect(ownArchives(kiosk)).not.toEqual([]);
    expect(acksOf(kiosk)).toEqual([]);
  });

  test('that is older, or from another store of the proxy, takes nothing back', async () => {
    const { kiosk, ack } = await withArchive();
    await kiosk.receive(ack({ number: 5 }));
    await onePass(kiosk);
    await kiosk.receive(ack({ number: 4 }));
    await kiosk.receive(ack({ number: 9, epoch: '1111111111111111' }));
    const told = (await onePass(kiosk)).join('\n');
    expect(told).toContain('acknowledgement 4 of');
    expect(told).toContain('a newer one is here');
    expect(told).toMatch(/warning: acknowledgement 9 .*enrol it anew/);
    await withNode(kiosk, ({ ledger }) => {
      expect(ledger.cover.acks()).toMatchObject([{ number: 5 }]);
      return Promise.resolve();
    });
  });

  test('covers the archives of others for good', async () => {
    const { kiosk } = await withArchive();
    const origins = [
      { origin: guidOf(1), incarnation, held: [{ first: 1, last: 4 }], voids: [], digest: 'a'.repeat(64) },
    ];
    await kiosk.receive(signedAck(proxy, { origins }));
    await onePass(kiosk);
    await withNode(kiosk, ({ ledger }) => {
      expect(ledger.cover.of(guidOf(1), incarnation)).toEqual([{ first: 1, last: 4 }]);
      return Promise.resolve();
    });
  });
});

test('an archive of logs in the inbox is neither kept nor acknowledged', async () => {
  const kiosk = await makeKiosk();
  await kiosk.receive(signedLog(enrolledNode(1, 'kiosk', {}, [officeKey])));
  await onePass(kiosk);
  expect(await refusals(kiosk)).toEqual(['verify.by-node']);
});
