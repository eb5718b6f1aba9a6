/** Two neighbours with a full pool, and what one of them gets that the other lacks. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import { openLedgerForReading } from '../../src/ledger/open.ts';
import type { ContactRow } from '../../src/ledger/rows.ts';
import { signedUpdate } from '../../test/kit/office.ts';
import { signedArchive, testIncarnation, type NodeSigner } from '../../test/net/archives.ts';
import { guidOf, officeKey, until, type Link, type Node } from '../../test/net/fleet.ts';

export interface Pair {
  /** Who has something new … */
  readonly from: Node;
  /** … and who fetches it. */
  readonly to: Node;
  readonly link: Link;
  readonly signer: NodeSigner;
}

/** What is to be fetched. */
export interface News {
  /** Below the folder of what neighbours may have. */
  readonly paths: readonly string[];
  /** Of the parcels themselves. */
  readonly bytes: number;
}

/** Both hold the same: names and sizes are all that counts. */
export function fill(nodes: readonly Node[], archives: number): void {
  const bytes = randomBytes(100);
  for (let number = 0; number < archives; number += 1) {
    const origin = `${(number % 100).toString(16).padStart(8, '0')}-1111-4000-8000-000000000000`;
    const sequence = Math.floor(number / 100) + 1;
    const path = archivePath({ origin, incarnation: testIncarnation, sequence, class: 'long' });
    for (const { layout } of nodes) place(join(layout.relayLogs, path), bytes);
  }
}

function place(file: string, bytes: Buffer): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, bytes, { mode: 0o444 });
}

/** Archives of the first node, all there at once: an incarnation of their own. */
export function addArchives({ from, signer }: Pair, count: number, bytes: number): News {
  const incarnation = randomBytes(8).toString('hex');
  const aside = join(from.host.root, 'aside');
  const paths: string[] = [];
  let sum = 0;
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const path = archivePath({ origin: from.guid, incarnation, sequence, class: 'long' });
    const parcel = signedArchive(signer, { incarnation, sequence, bytes });
    place(join(aside, path), parcel);
    paths.push(`logs/${path}`);
    sum += parcel.length;
  }
  const own = join(from.layout.relayLogs, from.guid);
  mkdirSync(own, { recursive: true, mode: 0o755 });
  renameSync(join(aside, from.guid, incarnation), join(own, incarnation));
  return { paths, bytes: sum };
}

/** An update for a third node: these two only carry it. */
export async function addUpdate({ from, to }: Pair, sequence: number, size: number): Promise<News> {
  const files = { 'data.bin': randomBytes(size) };
  const bytes = signedUpdate({ sequence, recipients: [guidOf(999)], files }, officeKey);
  const before = new Set(await digests(from));
  const aside = join(from.host.root, 'update.zip');
  writeFileSync(aside, bytes);
  renameSync(aside, join(from.layout.backhaul, 'update.zip'));
  let digest: string | undefined;
  const isThere = async (): Promise<boolean> => {
    digest = (await digests(from)).find((one) => !before.has(one));
    return digest !== undefined;
  };
  await until(isThere, `the update in ${from.layout.relayUpdates}`, { seconds: 120, told: () => to.said() });
  return { paths: [`updates/${digest}.zip`], bytes: bytes.length };
}

async function digests({ host }: Node): Promise<string[]> {
  const { stdout } = await host.ferryman(['history', '--json']);
  return (JSON.parse(stdout) as { updates: { digest: string }[] }).updates.map(({ digest }) => digest);
}

export function contacts({ layout }: Node): ContactRow[] {
  if (!existsSync(layout.ledgerFile)) return [];
  const ledger = openLedgerForReading(layout.ledgerFile);
  try {
    return ledger.neighbours.contactsAfter(0, 10_000);
  } finally {
    ledger.close();
  }
}
