/** `ferryman publish`: from a signed file to the roads and the fleet store. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { openFleetStore, type FleetStore } from '../../src/fleet/store/open-store.ts';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { removeFolders, temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { fixedKey, signedUpdate, writePublicKey } from '../kit/office.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import { typed } from './typed.ts';

const [key, second, stranger] = [fixedKey(1), fixedKey(2), fixedKey(3)];
let root = '';
let layout: Layout;

beforeEach(async () => {
  root = join(temporaryFolder(), 'root');
  layout = layoutUnder(root);
  const keys = [key, second].flatMap((one) => ['--office-key', writePublicKey(join(root, 'office'), one)]);
  await typed(['init', '--role', 'office', ...keys, '--root', root]);
});

afterAll(removeFolders);

function publish(bytes: Buffer, ...more: string[]): Promise<Ran> {
  const path = join(root, 'given.zip');
  writeFileSync(path, bytes);
  return typed(['publish', path, ...more, '--root', root], { env: { USER: 'asha' } });
}

async function inStore<Result>(work: (store: FleetStore) => Promise<Result>): Promise<Result> {
  const store = await openFleetStore({ store: 'sqlite', file: layout.fleetFile });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function roadsInStore(): Promise<string[]> {
  return inStore(async ({ db }) => {
    const rows = await db.selectFrom('publications').selectAll().orderBy('road').execute();
    return rows.map(({ road, outcome, by_whom }) => `${road} ${outcome.split(':')[0]} ${by_whom}`);
  });
}

const [outgoing, usb] = [
  () => join(layout.state, 'outgoing/backhaul'),
  () => join(layout.state, 'outgoing/usb'),
];

test('an update goes to every road, whole, and is recorded; again, it says what is there', async () => {
  const bytes = signedUpdate({ sequence: 42, title: 'fix-clock' }, key);
  const ran = await publish(bytes);
  expect(ran.stderr).toBe('');
  expect(ran.exitCode).toBe(0);
  expect(ran.stdout).toContain('ferryman fleet update 42 shows its progress');
  for (const folder of [outgoing(), usb()]) {
    expect(readdirSync(folder)).toEqual(['update-42.zip']);
    expect(readFileSync(join(folder, 'update-42.zip')).equals(bytes)).toBe(true);
  }
  expect(readdirSync(layout.inbox).map((name) => name.split('.')[0])).toEqual(['flood']);
  expect(readdirSync(join(layout.state, 'outgoing')).toSorted()).toEqual(['backhaul', 'usb']);
  expect(await roadsInStore()).toEqual([
    'backhaul laid down asha',
    'flood handed to the inbox of this node, which relays it while ferryman runs asha',
    'usb laid down asha',
  ]);
  const again = await publish(bytes);
  expect(again.stdout).toMatch(/backhaul {3}is there already: .*\n {2}flood.*\n {2}usb {8}is there already/);
  expect(readdirSync(layout.inbox)).toHaveLength(1);
  expect((await roadsInStore())[0]).toBe('backhaul laid down asha'); // when it went, not when somebody asked again
});

test('ferryman why tells right after publishing that it waits, and what this machine lacks to relay it', async () => {
  const bytes = signedUpdate({ sequence: 42, title: 'fix-clock' }, key);
  await publish(bytes);
  const ran = await typed(['why', hashParcel(bytes).digest.slice(0, 16), '--root', root]);
  expect(ran.stderr).toBe('');
  expect(ran.stdout).toMatch(/waits in the inbox, by flood.*this node is not enrolled/s);
});

test('every node that it is for gets a row, so that the page shows who lacks it', async () => {
  await inStore(async ({ db }) => {
    const node = { name: '', place: '', note: '', first_known_at: 1 };
    await db
      .insertInto('nodes')
      .values(
        ['1', '2'].map((digit) => ({
          ...node,
          guid: guid(digit),
          role: digit === '1' ? 'kiosk' : 'ferry',
        })),
      )
      .execute();
  });
  const ran = await publish(signedUpdate({ sequence: 7, recipients: ['role:kiosk'] }, key), '--json');
  expect(JSON.parse(ran.stdout)).toMatchObject({ schema: 'ferryman.publish/1', sequence: 7, nodes: 1 });
  const shown = await typed(['fleet', 'update', '7', '--json', '--root', root]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ total: 1, counts: { unseen: 1 }, signers: [key.keyId] });
});

test('other contents under the number are refused before anything is handed out', async () => {
  await publish(signedUpdate({ sequence: 42 }, key), '--by', 'usb');
  const ran = await publish(signedUpdate({ sequence: 42, title: 'other' }, key));
  expect(ran.stderr).toContain('[publish.other-contents]');
  expect(ran.exitCode).toBe(65);
  expect([existsSync(outgoing()), readdirSync(layout.inbox)]).toEqual([false, []]);
  rmSync(usb(), { recursive: true });
  const known = await publish(signedUpdate({ sequence: 42, title: 'other' }, key));
  expect(known.stderr).toContain('known under it [publish.other-contents]');
  expect([existsSync(outgoing()), existsSync(usb())]).toEqual([false, false]);
});

test('a single node that tells of other contents keeps nobody from publishing, and is told of', async () => {
  await inStore(({ db }) =>
    db
      .insertInto('updates')
      .values({
        digest: 'a'.repeat(128),
        sequence: 42,
        title: '',
        recipients: '[]',
        signers: '[]',
        supersedes: '[]',
        first_seen_at: 1,
        told_by: '11111111-1111-4111-8111-111111111111',
      })
      .execute(),
  );
  const ran = await publish(signedUpdate({ sequence: 42 }, key));
  expect(ran.exitCode).toBe(0);
  expect(ran.stdout).toContain('! a node tells of other contents under this number: aaaaaaaaaaaaaaaa');
});

test('the same update with more signatures takes the place of the other', async () => {
  await publish(signedUpdate({ sequence: 42 }, key), '--by', 'backhaul');
  const both = signedUpdate({ sequence: 42 }, key, second);
  const ran = await publish(both, '--by', 'backhaul');
  expect(ran.stdout).toContain('replaced by one with other signatures');
  expect(readFileSync(join(outgoing(), 'update-42.zip')).equals(both)).toBe(true);
});

test.each([
  ['no parcel', Buffer.from('junk'), 'framing'],
  ['signed by a stranger', signedUpdate({ sequence: 1 }, stranger), 'verify.unknown-key'],
  ['cut off', signedUpdate({ sequence: 1 }, key).subarray(0, -20), 'framing'],
])('a file that is %s goes nowhere', async (_what, bytes, code) => {
  const ran = await publish(bytes);
  expect(ran.exitCode).toBe(65);
  expect(ran.stderr).toContain(`[${code}`);
  expect(readdirSync(join(layout.state, 'outgoing'))).toEqual([]);
  expect(existsSync(layout.fleetFile)).toBe(false);
});

test('one road that fails keeps the others from nothing, and the same command completes it', async () => {
  mkdirSync(join(layout.state, 'outgoing'));
  writeFileSync(outgoing(), 'a file where the folder should be');
  const bytes = signedUpdate({ sequence: 42 }, key);
  const ran = await publish(bytes);
  expect(ran.exitCode).toBe(1);
  expect(ran.stdout).toContain('NOT ALL ROADS HAVE IT');
  expect(readdirSync(usb())).toEqual(['update-42.zip']);
  expect((await roadsInStore())[0]).toBe('backhaul failed asha');
  rmSync(outgoing());
  expect((await publish(bytes)).exitCode).toBe(0);
  expect((await roadsInStore())[0]).toBe('backhaul laid down asha');
});

test('a store that is away refuses, and nothing is handed out', async () => {
  const config = readFileSync(layout.configFile, 'utf8');
  writeFileSync(
    layout.configFile,
    `${config}\n[fleet]\nstore = "postgres://office:secret@127.0.0.1:1/fleet"\n`,
  );
  const ran = await publish(signedUpdate({ sequence: 42 }, key));
  expect(ran.exitCode).toBe(69);
  expect(ran.stderr).toContain('[fleet.unreachable]');
  expect(ran.stderr).not.toContain('secret');
  expect([existsSync(outgoing()), readdirSync(layout.inbox)]).toEqual([false, []]);
});

test('an unknown road is wrong usage', async () => {
  expect(await publish(signedUpdate({ sequence: 1 }, key), '--by', 'usb,pigeon')).toMatchObject({
    exitCode: 64,
  });
});

function guid(digit: string): string {
  return `${digit.repeat(8)}-1111-4111-8111-111111111111`;
}
