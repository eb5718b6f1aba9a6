import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { Cover } from '../../../src/flood/decide/cover.ts';
import type { Refused } from '../../../src/flood/decide/cover.ts';
import { archivePath, type NamedArchive } from '../../../src/flood/pool/archive-name.ts';
import { Pool } from '../../../src/flood/pool/pool.ts';
import { Strikes } from '../../../src/flood/pool/strikes.ts';
import { takeArchives } from '../../../src/flood/pool/take-archives.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { makeLedger } from '../../../src/ledger/open.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { fixedKey } from '../../kit/office.ts';
import { signedArchive, testIncarnation, type ArchiveDraft } from '../../net/archives.ts';
import { enrolledNode, nodeTrust } from '../nodes.ts';

afterAll(removeFolders);

const origin = enrolledNode(7);
const named = (sequence: number, kind: 'short' | 'long' = 'long'): NamedArchive => ({
  origin: origin.guid,
  incarnation: testIncarnation,
  sequence,
  class: kind,
});

let folder: string;
let ledger: Ledger;
let pool: Pool;
let cover: Cover;
let strikes: Strikes;
beforeEach(() => {
  folder = temporaryFolder();
  ledger = makeLedger(join(folder, 'ledger.sqlite'));
  pool = new Pool(join(folder, 'relay/logs'), enrolledNode(1).guid);
  cover = new Cover();
  strikes = new Strikes();
});

/** Puts a file where rsync would have put it, and takes it in. */
async function take(bytes: Buffer, archive = named(1), refused: Partial<Refused> = {}): Promise<number> {
  const path = join(folder, 'staging', archivePath(archive));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return takeStaged(path, archive, refused);
}

async function takeStaged(
  path: string,
  archive: NamedArchive,
  refused: Partial<Refused> = {},
): Promise<number> {
  const nothing = {
    cover,
    closed: new Set<string>(),
    revoked: new Set<string>(),
    quarantined: new Set<string>(),
  };
  const taken = await takeArchives([{ path, archive }], {
    pool,
    nodeTrust: nodeTrust(66),
    refused: { ...nothing, ...refused },
    quarantine: { folder: join(folder, 'quarantine'), notes: ledger.poolNotes, now: () => 'now', strikes },
    peer: enrolledNode(2).guid,
    makeRoom: () => undefined,
  });
  expect(existsSync(path)).toBe(false);
  return taken.length;
}

const archive = (draft: Partial<ArchiveDraft> = {}): Buffer =>
  signedArchive(origin, { sequence: 1, ...draft });

test('an archive that is what its name says stands in the pool, also for a pool that is looked at anew', async () => {
  expect(await take(archive())).toBe(1);
  expect(pool.has(named(1))).toBe(true);
  const again = new Pool(pool.folder, enrolledNode(1).guid);
  await again.load();
  expect(again.holdings()).toStrictEqual(pool.holdings());
  expect(ledger.poolNotes.counts()).toStrictEqual({});
});

test.for([
  ['of another sequence', archive({ sequence: 2 }), 'pool.misnamed'],
  ['of another class', archive({ class: 'short' }), 'pool.misnamed'],
  ['of another incarnation', archive({ incarnation: '00000000000000cc' }), 'pool.misnamed'],
  ['of another origin', signedArchive(enrolledNode(8), { sequence: 1 }), 'pool.misnamed'],
  ['that speaks for another origin', archive({ origin: enrolledNode(8).guid }), 'enrolment.other-node'],
  [
    'of a foreign office',
    signedArchive(enrolledNode(7, 'kiosk', fixedKey(0xc3)), { sequence: 1 }),
    'enrolment.unproven',
  ],
  ['of a revoked node', signedArchive(enrolledNode(66), { sequence: 1 }), 'enrolment.revoked'],
  ['that is cut', archive().subarray(0, 400), 'framing.truncated'],
  ['that is empty', Buffer.alloc(0), 'framing.truncated'],
  ['of one flipped bit', flipped(archive()), 'enrolment.bad-signature'],
] as const)('an archive %s goes into quarantine and is counted', async ([, bytes, code]) => {
  expect(await take(bytes)).toBe(0);
  expect(pool.holdings()).toStrictEqual([]);
  expect(readdirSync(join(folder, 'quarantine'))).toHaveLength(1);
  const [note] = ledger.poolNotes.of(`${origin.guid}/${testIncarnation}/1`);
  expect(note?.what).toBe('quarantined');
  expect(note?.reason).toContain(`[${code}]`);
  // Of this neighbour it is not wanted again, unless its origin may have it signed anew; of others it is.
  const name = `${origin.guid}/${testIncarnation}/1`;
  expect([...strikes.of(enrolledNode(2).guid)]).toStrictEqual(code === 'enrolment.revoked' ? [] : [name]);
  expect(strikes.times(enrolledNode(2).guid)).toBe(1);
  expect(strikes.of(enrolledNode(3).guid).size).toBe(0);
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(600) ^ 1, 600);
  return copy;
}

test.skipIf(process.getuid?.() !== 0)(
  'who fetched an archive can no longer write to it: it belongs to root, and is to be read only (needs root)',
  async () => {
    const path = join(folder, 'staging/archive');
    mkdirSync(dirname(path));
    writeFileSync(path, archive(), { mode: 0o666 });
    chownSync(path, 7822, 7822);
    expect(await takeStaged(path, named(1))).toBe(1);
    const { uid, gid, mode } = statSync(pool.pathOf(named(1)));
    expect([uid, gid, mode & 0o777]).toEqual([0, 0, 0o444]);
  },
);

test('a link in place of an archive is not followed', async () => {
  const path = join(folder, 'staging/link.zip');
  mkdirSync(dirname(path));
  writeFileSync(join(folder, 'secret'), archive());
  symlinkSync(join(folder, 'secret'), path);
  expect(await takeStaged(path, named(1))).toBe(0);
  expect(pool.holdings()).toStrictEqual([]);
});

test('what a proxy holds, what is closed and what is here already is not taken in, however it is signed', async () => {
  cover.addAck([{ ...named(1), held: [{ first: 1, last: 4 }], voids: [] }]);
  expect(await take(archive())).toBe(0);
  const closed = new Set([`${origin.guid}/${testIncarnation}`]);
  expect(await take(archive({ sequence: 5 }), named(5), { closed })).toBe(0);
  expect(await take(archive({ sequence: 5 }), named(5))).toBe(1);
  expect(await take(archive({ sequence: 5, bytes: 301 }), named(5))).toBe(0);
  expect(pool.holdings()).toMatchObject([{ long: [{ first: 5, last: 5 }], short: [] }]);
});

test('what is covered is found and goes, own archives stay', async () => {
  for (const sequence of [1, 2, 3]) await take(archive({ sequence }), named(sequence));
  for (const sequence of [4, 5])
    await take(archive({ sequence, class: 'short' }), { ...named(sequence), class: 'short' });
  cover.addAck([{ ...named(1), held: [{ first: 1, last: 2 }], voids: [{ first: 4, last: 4 }] }]);
  const unneeded = [...pool.unneeded(cover, new Set())];
  expect(unneeded.map(({ sequence }) => sequence)).toStrictEqual([4, 1, 2]);
  const origins = new Pool(pool.folder, origin.guid);
  await origins.load();
  expect([...origins.unneeded(cover, new Set())]).toStrictEqual([]);
  for (const gone of pool.unneeded(cover, new Set())) pool.remove(gone);
  expect(pool.holdings()).toMatchObject([{ long: [{ first: 3, last: 3 }] }]);
});

test.runIf(process.getuid?.() === 0)(
  'a disk that fails to read one archive is not held against the neighbour, and the others are taken (needs root, to mount what fails)',
  async () => {
    const two = named(2);
    const [failing, good] = [named(1), two].map((one) => join(folder, 'staging', archivePath(one)));
    if (failing === undefined || good === undefined) throw new Error('expected two paths');
    mkdirSync(dirname(good), { recursive: true });
    writeFileSync(failing, '');
    writeFileSync(good, archive({ sequence: 2 }));
    execFileSync('mount', ['--bind', `/proc/${process.pid}/mem`, failing]);
    try {
      const taking = takeArchives(
        [
          { path: failing, archive: named(1) },
          { path: good, archive: two },
        ],
        {
          pool,
          nodeTrust: nodeTrust(),
          refused: { cover, closed: new Set(), revoked: new Set(), quarantined: new Set() },
          quarantine: { folder: join(folder, 'apart'), notes: ledger.poolNotes, now: () => 'now', strikes },
          peer: enrolledNode(2).guid,
          makeRoom: () => undefined,
        },
      );
      await expect(taking).rejects.toMatchObject({ code: 'pool.disk', verdict: 'retry' });
    } finally {
      execFileSync('umount', ['-l', failing]);
    }
    expect(pool.has(two)).toBe(true);
    expect(strikes.times(enrolledNode(2).guid)).toBe(0);
    expect(existsSync(failing)).toBe(true);
    expect(ledger.poolNotes.counts()).toStrictEqual({});
  },
);
