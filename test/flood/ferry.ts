/** A ferry with archives of its own and of others, and a neighbour's offer: archives, one of them spoilt, and an acknowledgement. */
import { appendFileSync, chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chainOver } from '../../src/parcel/chain.ts';
import { archiveLabel } from '../../src/flood/pool/archive-name.ts';
import { proveArchive } from '../../src/flood/pool/prove-archive.ts';
import { listArchives } from '../../src/flood/pool/scan.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { signedAck } from '../net/archives.ts';
import { enrolledNode, nodeTrust } from './nodes.ts';
import { incarnation, PoolNode, type Offer } from './pool-node.ts';

export const settings = { poolBytes: 6000, ownBytes: 100_000 };
const proxy = enrolledNode(0x50, 'proxy');

export interface Scene {
  /** Root of the ferry; its ledger is closed. */
  readonly root: string;
  readonly offer: Offer;
}

/** The ferry has own 1 and 2, and 1 and 2 of the kiosk; the kiosk offers 1 to 5, of which 4 is spoilt; own 1 and the kiosk's 1 are acknowledged. */
export async function makeScene(): Promise<Scene> {
  const root = join(temporaryFolder(), 'root');
  const ferry = await PoolNode.start(root, 2, 'ferry', settings);
  const kiosk = await PoolNode.start(join(temporaryFolder(), 'root'), 1, 'kiosk', settings);
  for (const node of [ferry, kiosk])
    for (const size of [300, 400]) node.pack('long', Buffer.alloc(size, node.guid));
  await ferry.pullFrom(kiosk);
  for (const size of [500, 600, 700]) kiosk.pack(size === 600 ? 'long' : 'short', Buffer.alloc(size, 'x'));
  const folder = join(temporaryFolder(), 'offer');
  const { peer } = await kiosk.offer();
  mkdirSync(join(kiosk.layout.relay, 'acks'), { recursive: true });
  const origins = [kiosk.guid, ferry.guid].toSorted().map((origin) => {
    const node = origin === kiosk.guid ? kiosk : ferry;
    const digest = chainOver([node.ledger.logArchives.find(1)?.digest ?? '']);
    return { origin, incarnation, held: [{ first: 1, last: 1 }], voids: [], digest };
  });
  writeFileSync(join(kiosk.layout.relay, `acks/${proxy.guid}.0.zip`), signedAck(proxy, { origins }));
  const offered = await kiosk.offer();
  cpSync(kiosk.layout.relay, folder, { recursive: true });
  const spoilt = join(folder, `logs/${kiosk.guid}/${incarnation}/0000000004.long.zip`);
  chmodSync(spoilt, 0o644);
  appendFileSync(spoilt, 'spoilt');
  writeFileSync(join(folder, 'summary'), offered.summary);
  for (const node of [ferry, kiosk]) node.ledger.close();
  return { root, offer: { peer, folder, summary: offered.summary } };
}

/** What is wrong with a ferry at any moment: an archive in its pool that is not right, or an own one that is gone. */
export async function wrongAnywhere({ layout, relay, ledger, guid }: PoolNode): Promise<string[]> {
  const wrong: string[] = [];
  const found = new Set<string>();
  for await (const { archive } of listArchives(layout.relayLogs)) {
    found.add(archiveLabel(archive));
    await proveArchive(relay.pool.pathOf(archive), archive, nodeTrust()).catch((error: unknown) =>
      wrong.push(`${archiveLabel(archive)}: ${String(error)}`),
    );
  }
  for (const { sequence } of ledger.logArchives.waiting())
    if (!found.has(`${guid}/${incarnation}/${sequence}`)) wrong.push(`own ${sequence} is gone`);
  return wrong;
}

/** What holds when a contact has come to its end: all that was to be had, each once. */
export async function wrongAtEnd(ferry: PoolNode): Promise<string[]> {
  const found: string[] = [];
  for await (const { archive } of listArchives(ferry.layout.relayLogs)) found.push(archiveLabel(archive));
  const kiosk = enrolledNode(1).guid;
  const expected = [`${kiosk}/2`, `${kiosk}/3`, `${kiosk}/5`, `${ferry.guid}/2`];
  const is = found.map((label) => label.replace(`/${incarnation}/`, '/')).toSorted();
  const wrong = is.join() === expected.join() ? [] : [`expected ${expected.join()}, found ${is.join()}`];
  const waiting = ferry.ledger.logArchives.waiting().map(({ sequence }) => sequence);
  if (waiting.join() !== '2') wrong.push(`own archives that wait: ${waiting.join()}`);
  if (ferry.relay.acks.names().length !== 1) wrong.push('there is no acknowledgement');
  return [...wrong, ...(await wrongAnywhere(ferry)), ...ferry.alarms];
}
