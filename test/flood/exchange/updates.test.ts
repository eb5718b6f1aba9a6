/** Updates that neighbours bring: through the inbox, as all others, and only what the office has signed. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { listInbox } from '../../../src/inbox/inbox.ts';
import { formatSummary } from '../../../src/parcel/summary.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { digestOf, fixedKey, signedUpdate, signZip, unsignedUpdate } from '../../kit/office.ts';
import { enrolledNode, office } from '../nodes.ts';
import { PoolNode, type Transfer } from '../pool-node.ts';

afterAll(removeFolders);

const peer = enrolledNode(9, 'ferry').guid;
const zip = unsignedUpdate({ sequence: 1, script: 'true' });
const digest = digestOf(zip);
const parcel = signZip(zip, office);

let node: PoolNode;
beforeEach(async () => {
  const settings = { poolBytes: 1e6, ownBytes: 1e6 };
  node = await PoolNode.start(join(temporaryFolder(), 'root'), 1, 'kiosk', settings);
});
afterEach(() => node.ledger.close());

/** A neighbour has this under the name of the update. */
async function pull(bytes: Buffer, how: Transfer = {}, named = digest): Promise<number> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'updates'));
  writeFileSync(join(folder, `updates/${named}.zip`), bytes);
  const has = { roster: 0, acks: [], updates: [named], logs: [] };
  const summary = Buffer.from(formatSummary({ node: peer, role: 'ferry', free: 0, ...has }));
  return node.pull({ peer, folder, summary }, how);
}

function inInbox(): Buffer[] {
  return listInbox(node.layout.inbox).map(({ path }) => readFileSync(path));
}

test('one stands in the inbox, by flood, and nowhere else; it is not asked for again while it is there', async () => {
  expect(await pull(parcel)).toBe(1);
  expect(listInbox(node.layout.inbox)).toMatchObject([{ channel: 'flood' }]);
  expect(inInbox()).toEqual([parcel]);
  expect(readdirSync(node.layout.relayUpdates)).toEqual([]);
  expect(await pull(parcel)).toBe(0);
});

test.for([
  ['signed by a stranger, under its right name', signZip(zip, fixedKey(66)), 'verify.unknown-key'],
  ['of another name', signedUpdate({ sequence: 2, script: 'true' }, office), 'pool.misnamed'],
  ['that is cut', parcel.subarray(0, -1), 'pool.misnamed'],
  ['that is empty', Buffer.alloc(0), 'pool.misnamed'],
  ['that is junk', Buffer.from('junk'), 'pool.misnamed'],
] as const)('one %s leaves nothing in the inbox, and is told', async ([, bytes, code]) => {
  expect(await pull(bytes)).toBe(0);
  expect(readdirSync(node.layout.inbox)).toEqual([]);
  const [note] = node.ledger.poolNotes.of(`updates/${digest}.zip`);
  expect(note).toMatchObject({ what: 'quarantined', peer });
  expect(note?.reason).toContain(`[${code}]`);
  // Another neighbour may have the right one; of this one it is not asked for again.
  expect(await pull(parcel)).toBe(0);
});

test('a stranger to the keys of this node is asked again when they have changed', async () => {
  expect(await pull(signZip(zip, fixedKey(66)))).toBe(0);
  node.trustAlso(fixedKey(67));
  expect(await pull(parcel)).toBe(1);
});

test('one that another contact fetches is left to it', async () => {
  const { underWay } = node.pulling;
  const other = enrolledNode(8).guid;
  underWay.begin(other);
  underWay.fetches(other, [`updates/${digest}.zip`]);
  expect(await pull(parcel)).toBe(0);
  underWay.end(other);
  expect(await pull(parcel)).toBe(1);
});

test('one that is swapped after it has come whole is the one that was there, or none', async () => {
  const swap = (): void => {
    const path = join(node.layout.staging, peer, `updates/${digest}.zip`);
    writeFileSync(path, signedUpdate({ sequence: 7, script: 'false' }, office));
  };
  expect(await pull(parcel, { beforeTaking: swap })).toBe(0);
  expect(readdirSync(node.layout.inbox)).toEqual([]);
});
