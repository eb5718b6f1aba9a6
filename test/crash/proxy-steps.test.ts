/**
 * `kill -9` before every durable step of a proxy that takes archives in: what is acknowledged is in the store, whole and unpacked; and
 * taken in again, everything is there once. The archives: one that comes late, a new one of a new node, a fork.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutUnder } from '../../src/node/layout.ts';
import { openAck, type Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import { bufferSource } from '../../src/parcel/buffer-source.ts';
import { chainOver } from '../../src/parcel/chain.ts';
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import { each } from '../../src/parcel/sequence-sets.ts';
import { archiveFile, proxyPlaces } from '../../src/proxy/places.ts';
import { Kiosk, removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { archive, incarnation, kioskGuid, officeKey } from '../proxy/proxy-desk.ts';
import { programFile } from './crash-node.ts';
import { spread } from './spread.ts';
import { canTrace, diskCalls, killBefore, parseSteps, thinned, traced, walk } from './steps.ts';

const patienceMs = 600_000;
const everything = temporaryFolder();
const fresh = join(everything, 'fresh');
const given = join(everything, 'given');
const guid = 'aaaaaaaa-0000-4000-8000-000000000001';
const [old, other] = [kioskGuid(1), kioskGuid(2)];

const late = archive({ origin: old, sequence: 2, text: 'two\n' });
const all = new Map([
  [`${old}/1`, archive({ origin: old, sequence: 1, text: 'one\n' })],
  [`${old}/2`, late],
  [`${old}/3`, archive({ origin: old, sequence: 3, text: 'three\n' })],
  [`${other}/1`, archive({ origin: other, sequence: 1, text: 'other\n' })],
]);
const fork = archive({ origin: old, sequence: 1, text: 'fork\n' });

function give(name: string, bytes: Buffer | undefined): string {
  mkdirSync(given, { recursive: true });
  writeFileSync(join(given, name), bytes ?? '');
  return join(given, name);
}

function take(root: string, ...paths: string[]): { args: string[] } {
  return { args: [programFile('ferryman'), 'proxy', 'take', ...paths, '--root', root] };
}

let toTake: string[] = [];

beforeAll(async () => {
  const proxy = await Kiosk.make({ keys: [officeKey], role: 'proxy', root: fresh });
  const { configFile, identityPublicKey, etc } = proxy.layout;
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(/guid = ".*"/, `guid = "${guid}"`));
  const identity = parsePublicKey(readFileSync(identityPublicKey, 'utf8'));
  const enrolment = {
    node: guid,
    role: 'proxy',
    serial: 1,
    identity,
    created: '2026-11-01T00:00:00Z',
  } as const;
  writeFileSync(join(etc, 'enrolment.txt'), `${signEnrolment(enrolment, officeKey)}\n`);
  await execa(
    process.execPath,
    take(fresh, give('1.zip', all.get(`${old}/1`)), give('3.zip', all.get(`${old}/3`))).args,
  );
  toTake = [give('2.zip', late), give('o.zip', all.get(`${other}/1`)), give('f.zip', fork)];
});

afterAll(removeFolders);

function copy(): string {
  const root = join(mkdtempSync(join(everything, 'proxy-')), 'root');
  cpSync(fresh, root, { recursive: true, preserveTimestamps: true });
  return root;
}

async function ackOf(root: string): Promise<Acknowledgement> {
  const bytes = readFileSync(join(proxyPlaces(layoutUnder(root)).acks, `${guid}.0.zip`));
  return openAck(bufferSource(bytes), hashParcel(bytes).framing.eocdOffset, guid);
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function inFleetStore(root: string): string[] {
  const database = new Database(layoutUnder(root).fleetFile, { fileMustExist: true });
  try {
    const rows = database.prepare<[], string>("SELECT node || '/' || sequence FROM archives ORDER BY 1");
    return rows.pluck().all();
  } finally {
    database.close();
  }
}

/** What is acknowledged, and is not so. */
async function lies(root: string): Promise<string[]> {
  const places = proxyPlaces(layoutUnder(root));
  const ack = await ackOf(root);
  const fed = inFleetStore(root);
  return ack.origins.flatMap(({ origin, held, digest }) => {
    const sequences = [...each(held)];
    const problems = sequences.flatMap((sequence) => {
      const expected = all.get(`${origin}/${sequence}`) ?? Buffer.alloc(0);
      const path = archiveFile(places, { origin, incarnation, sequence, class: 'long' });
      const isThere = readFileSync(path).equals(expected);
      const line = { 1: 'one', 2: 'two', 3: 'three' }[sequence] ?? '';
      const text = tryRead(join(places.unpacked, origin, incarnation, 'ledger.jsonl'));
      const isReadable = text.includes(origin === other ? 'other\n' : `${line}\n`);
      return [
        ...(isThere ? [] : [`${sequence} of ${origin} is acknowledged and not stored`]),
        ...(isReadable ? [] : [`${sequence} of ${origin} is acknowledged and not to be read`]),
      ];
    });
    const unfed = sequences.filter((sequence) => !fed.includes(`${origin}/${sequence}`));
    problems.push(
      ...unfed.map((sequence) => `${sequence} of ${origin} is acknowledged and not in the fleet store`),
    );
    const digests = sequences.map((sequence) => hashParcel(all.get(`${origin}/${sequence}`) ?? late).digest);
    return chainOver(digests) === digest ? problems : [...problems, `the chain over ${origin} is wrong`];
  });
}

/** What is not as it must be in the end. */
async function unfinished(root: string): Promise<string[]> {
  const places = proxyPlaces(layoutUnder(root));
  const { origins } = await ackOf(root);
  const found = {
    fed: inFleetStore(root),
    held: origins.map(({ held }) => held),
    old: tryRead(join(places.unpacked, old, incarnation, 'ledger.jsonl')),
    other: tryRead(join(places.unpacked, other, incarnation, 'ledger.jsonl')),
    forks: readdirSync(places.forks, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.zip'),
    ).length,
    parts: readdirSync(places.store, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.part'),
    ),
    beside: readdirSync(join(places.unpacked, old, incarnation)),
  };
  const expected = {
    fed: [`${old}/1`, `${old}/2`, `${old}/3`, `${other}/1`],
    held: [[{ first: 1, last: 3 }], [{ first: 1, last: 1 }]],
    old: 'one\ntwo\nthree\n',
    other: 'other\n',
    forks: 1,
    parts: [],
    beside: ['ledger.jsonl'],
  };
  const [is, must] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === must ? [] : [`expected ${must}, found ${is}`];
}

describe.skipIf(!canTrace)('a proxy killed before any durable step (needs strace)', () => {
  test(
    'has acknowledged nothing that it does not hold, and goes on',
    async () => {
      const { trace } = await traced(take(copy(), ...toTake), ['-e', `trace=${diskCalls.join(',')}`]);
      const steps = parseSteps(trace);
      const failures = await walk(spread(thinned(steps), 14), async (step) => {
        const root = copy();
        const { killed, stderr } = await killBefore(take(root, ...toTake), step);
        const violations = killed || stderr.includes('archive.fork') ? [] : [`it ended otherwise: ${stderr}`];
        violations.push(...(await lies(root)));
        const again = await execa(process.execPath, take(root, ...toTake).args, {
          reject: false,
          stdin: 'ignore',
        });
        if (!again.stderr.includes('archive.fork')) violations.push(`taken again: ${again.stderr}`);
        violations.push(...(await lies(root)), ...(await unfinished(root)));
        rmSync(join(root, '..'), { recursive: true, force: true });
        return violations;
      });
      expect(steps.length).toBeGreaterThan(30);
      expect(failures).toEqual([]);
    },
    patienceMs,
  );
});
