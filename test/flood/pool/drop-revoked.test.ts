import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dropRevoked } from '../../../src/flood/pool/drop-revoked.ts';
import { Pool } from '../../../src/flood/pool/pool.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { putArchive, testIncarnation } from '../../net/archives.ts';
import { enrolledNode } from '../nodes.ts';

afterAll(removeFolders);

test('archives under revoked serials go; own ones, those of others and what is no archive stay', async () => {
  const folder = temporaryFolder();
  const [own, thief, honest] = [enrolledNode(5), enrolledNode(6), enrolledNode(7)];
  for (const signer of [own, thief, honest])
    for (const sequence of [1, 2]) putArchive(folder, signer, { sequence });
  const spoiled = join(folder, honest.guid, testIncarnation, '0000000003.long.zip');
  mkdirSync(dirname(spoiled), { recursive: true });
  writeFileSync(spoiled, 'no archive');
  const pool = new Pool(folder, own.guid);
  await pool.load();
  expect(await dropRevoked(pool, own.guid, [])).toEqual([]);
  const gone = await dropRevoked(pool, own.guid, [{ first: 5, last: 6 }]);
  expect(gone.map(({ origin, sequence }) => [origin, sequence])).toEqual([
    [thief.guid, 1],
    [thief.guid, 2],
  ]);
  expect(readdirSync(folder).toSorted()).toEqual([own.guid, honest.guid]);
  expect(pool.has({ origin: thief.guid, incarnation: testIncarnation, sequence: 1 })).toBe(false);
  expect(readdirSync(dirname(spoiled))).toHaveLength(3);
});
