/** Whatever names a signed archive holds, nothing is written outside the folder that it is unpacked into. Real files. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { entry, writeZip } from '../../fixtures/kit/raw-zip.ts';
import { describe as describeFiles, manifestEntry, soundUpdate } from '../../fixtures/kit/update.ts';
import { FerrymanError } from '../../src/errors.ts';
import { parseComment } from '../../src/parcel/signature-block.ts';
import { unpack } from '../../src/unpack/unpack.ts';
import { openHashed } from '../../src/store/verified-file.ts';
import { verify, type VerifiedParcel } from '../../src/verify/verify.ts';
import { soundPath } from '../kit/arbitraries.ts';
import { hashed } from '../kit/judge.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { signedUpdate, trusted } from '../kit/office.ts';

afterAll(removeFolders);

const { script } = soundUpdate('names');

/** A zip with files of these names, written by other code than ours: only the reader stands against it. */
function zipWith(names: readonly Buffer[]): Buffer {
  const files = [...names.map((name) => entry(name, 'from the parcel')), script];
  const sorted = files.toSorted((a, b) => Buffer.compare(a.name, b.name));
  return writeZip([manifestEntry(describeFiles('names', sorted)), ...sorted]);
}

/** Where a parcel is unpacked, with something on all sides that must stay as it is. */
interface Place {
  readonly around: string;
  readonly folder: string;
}

let parent: string;
beforeEach(() => {
  parent = temporaryFolder();
});

function makePlace(): Place {
  const around = mkdtempSync(join(parent, 'around-'));
  const folder = join(around, 'deep/er/folder');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(around, 'outside'));
  for (const name of ['outside/file', 'deep/file', 'deep/er/file'])
    writeFileSync(join(around, name), 'precious');
  return { around, folder };
}

/** Everything that is not in the folder itself, with its contents. */
function outside({ around, folder }: Place): Record<string, string> {
  const entries = readdirSync(around, { recursive: true, withFileTypes: true });
  const files = entries.map((one) => ({ path: join(one.parentPath, one.name), isFile: one.isFile() }));
  return Object.fromEntries(
    files
      .filter(({ path }) => !path.startsWith(`${folder}/`))
      .map(({ path, isFile }) => [path, isFile ? readFileSync(path, 'utf8') : '']),
  );
}

/** Unpacking takes the path and the framing; signing each of some hundred parcels would be most of the work. */
const proof = proofOf(signedUpdate({}, officeKey));

function proofOf(parcel: Buffer): VerifiedParcel {
  const { digest, framing } = hashed(parcel);
  const trust = { keys: trusted(officeKey), threshold: 1 };
  return verify({ digest, blocks: parseComment(framing.comment) }, trust);
}

async function unpackInto(folder: string, zip: Buffer): Promise<void> {
  const path = join(parent, 'parcel.zip');
  writeFileSync(path, zip);
  const file = await openHashed(path, 'refuse');
  try {
    await unpack({ ...file, proof }, folder);
  } finally {
    file.close();
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .toSorted();
}

const parts = [
  '..',
  '.',
  '',
  ' ',
  'a',
  'A',
  'a.',
  '...',
  '~',
  'C:',
  'NUL',
  '\\',
  '..\\',
  '\u202e',
  '\uff0e\uff0e',
  'ı',
  'İ',
  '\0',
  '\n',
];
/** Names near the edge of what is taken, as text or as any bytes. */
const hostileName = fc
  .oneof(
    soundPath,
    fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }).map((some) => some.join('/')),
    fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }).map((some) => some.join('')),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc
      .tuple(fc.constantFrom('../../../outside/', '/tmp/', '/', 'deep/../../'), soundPath)
      .map((two) => two.join('')),
    fc.integer({ min: 250, max: 260 }).map((length) => 'x'.repeat(length)),
  )
  .map((text) => Buffer.from(text));
const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const hostileNames = fc
  .tuple(
    fc.oneof(hostileName, anyBytes),
    fc.array(
      soundPath.map((path) => Buffer.from(path)),
      { maxLength: 3 },
    ),
    fc.boolean(),
  )
  .map(([hostile, sound, isSpoiled]) => (isSpoiled || sound.length === 0 ? [hostile, ...sound] : sound));

it('of any names unpacks all where they belong, or is refused, and touches nothing else', async () => {
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(hostileNames, async (names) => {
      const place = makePlace();
      const before = outside(place);
      const end = await unpackInto(place.folder, zipWith(names)).then(
        () => 'unpacked',
        (error: unknown) => (error instanceof FerrymanError ? error.code : Promise.reject(error as Error)),
      );
      expect(outside(place)).toEqual(before);
      const wanted = [...names.map(String), 'run.sh'].toSorted();
      expect(end !== 'unpacked' || isDeepStrictEqual(filesIn(place.folder), wanted)).toBe(true);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      rmSync(place.around, { recursive: true });
    }),
    { numRuns: 300 },
  );
  expect([...ends.keys()].filter((end) => !/^(unpacked|zip\.|manifest\.)/.test(end))).toEqual([]);
  expect(ends.get('unpacked')).toBeGreaterThan(20);
  expect(ends.get('zip.bad-name')).toBeGreaterThan(50);
});

it('follows no link that stands in its way, wherever it leads', async () => {
  const planted = fc.record({
    name: soundPath.filter((path) => path !== 'run.sh' && path.toLowerCase() !== 'manifest.json'),
    depth: fc.nat(15),
    leadsTo: fc.constantFrom('outside', 'outside/file', 'outside/new', 'deep', '.', '/no/such/place'),
    relative: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(planted, async ({ name, depth, leadsTo, relative }) => {
      const place = makePlace();
      const segments = name.split('/');
      const link = join(place.folder, ...segments.slice(0, 1 + (depth % segments.length)));
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(relative ? join('../../..', leadsTo) : join(place.around, leadsTo), link);
      const before = outside(place);
      await expect(unpackInto(place.folder, zipWith([Buffer.from(name)]))).rejects.toMatchObject({
        code: 'EEXIST',
      });
      expect(outside(place)).toEqual(before);
      rmSync(place.around, { recursive: true });
    }),
    { numRuns: 150 },
  );
});
