/**
 * Section `exchange`: two neighbours, each a host in network namespaces of its own, beside bare ssh and rsync between the same two with the
 * same keys. Needs root, sshd and rsync 3.5.0.
 */
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enrolmentPlaces } from '../src/enrol/places.ts';
import { sshOptions } from '../src/enrol/ssh-command.ts';
import { archivePath } from '../src/flood/pool/archive-name.ts';
import { openLedgerForReading } from '../src/ledger/open.ts';
import type { ContactRow } from '../src/ledger/rows.ts';
import { removeFolders } from '../test/kit/kiosk.ts';
import { signedUpdate } from '../test/kit/office.ts';
import { signedArchive, testIncarnation, type NodeSigner } from '../test/net/archives.ts';
import { floodUser } from '../test/net/host.ts';
import { Fleet, officeKey, until, type Link, type Node } from '../test/net/fleet.ts';
import { table } from './table.ts';

const held = 100_000;
const many = 1000;
const largeBytes = 300_000_000;

interface Pair {
  readonly from: Node;
  readonly to: Node;
  readonly link: Link;
  readonly signer: NodeSigner;
  sequence: number;
}

export async function benchExchange(): Promise<string> {
  const fleet = await Fleet.make();
  try {
    const config = 'poolMegabytes = 100000\ncontactMegabytes = 10000\n';
    // One that fetches and one that is fetched from: the second hears nobody.
    const [from, to] = [await fleet.add('kiosk', config), await fleet.add('ferry', config)];
    const pair = { from, to, link: await fleet.link(from, to), signer: await from.signer(), sequence: 0 };
    return await measure(pair);
  } finally {
    await fleet.stop();
    removeFolders();
  }
}

async function measure(pair: Pair): Promise<string> {
  const { from, to } = pair;
  fill([from, to]);
  for (const node of [from, to]) {
    node.configure('[logs]\nenabled = false');
    node.start();
  }
  const began = performance.now();
  const ready = join(to.layout.relay, 'summary.json');
  await until(() => existsSync(ready), 'the first summary', { seconds: 60, told: () => to.said() });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const start = `${held} archives held at both ends: from the start of the daemons until all is looked at and told, ${seconds} s.`;
  const before = contacts(to).length + contacts(from).length;
  await sleep(20_000);
  const idle = contacts(to).length + contacts(from).length - before;
  const one = await row('one new archive', pair, [addArchive(pair, 20_000)], 20_000);
  const thousand = Array.from({ length: many }, () => addArchive(pair, 2000));
  const small = await row(`${many} small archives`, pair, thousand, many * 3000);
  const large = await row(`an update of ${largeBytes / 1e6} MB`, pair, [addUpdate(pair)], largeBytes);
  const heading = [
    '',
    'contact, s',
    'bare ssh + rsync, s',
    'times',
    'bytes in',
    'bytes out',
    'besides the parcels',
  ];
  return [
    `${start} Connections in 20 s with nothing new: ${idle}.`,
    '',
    table(heading, [one, small, large]),
  ].join('\n');
}

/** Both hold the same: names and sizes are all that counts. */
function fill(nodes: readonly Node[]): void {
  const bytes = randomBytes(100);
  for (let number = 0; number < held; number += 1) {
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

/** A new archive beside the others, not offered yet. */
interface Added {
  readonly path: string;
  readonly bytes: Buffer;
}

function addArchive(pair: Pair, bytes: number): Added {
  const sequence = (pair.sequence += 1);
  const { guid } = pair.from;
  const path = archivePath({ origin: guid, incarnation: testIncarnation, sequence, class: 'long' });
  return { path: `logs/${path}`, bytes: signedArchive(pair.signer, { sequence, bytes }) };
}

function addUpdate({ from }: Pair): Added {
  const files = { 'data.bin': randomBytes(largeBytes) };
  const bytes = signedUpdate({ sequence: 1, recipients: [from.guid], files }, officeKey);
  return { path: 'update', bytes };
}

async function row(what: string, pair: Pair, added: readonly Added[], size: number): Promise<string[]> {
  const { from, to, link } = pair;
  await from.stopDaemon();
  await to.stopDaemon();
  const isUpdate = added[0]?.path === 'update';
  for (const { path, bytes } of added)
    place(isUpdate ? join(from.layout.backhaul, 'update.zip') : join(from.layout.relay, path), bytes);
  const seen = contacts(to).length;
  from.start();
  const paths = isUpdate ? [await updateAt(from)] : added.map(({ path }) => path);
  await sleep(8000); // it has looked at all it holds
  const plain = await bare(to, { peer: from.guid, address: link.ends[0].address, port: 7822 }, paths);
  to.start();
  const fetched = (): ContactRow | undefined =>
    contacts(to)
      .slice(seen)
      .find(({ parcelsIn }) => parcelsIn >= added.length);
  await until(() => fetched() !== undefined, what, { seconds: 120, told: () => to.said() });
  const { seconds = 0, bytesIn = 0, bytesOut = 0 } = fetched() ?? {};
  const parcels = isUpdate ? size : added.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return [
    what,
    seconds.toFixed(2),
    plain.toFixed(2),
    (seconds / plain).toFixed(2),
    String(bytesIn),
    String(bytesOut),
    String(bytesIn + bytesOut - parcels),
  ];
}

async function updateAt(node: Node): Promise<string> {
  const { layout, host } = node;
  const digests = async (): Promise<string[]> => {
    const { stdout } = await host.ferryman(['history', '--json']);
    return (JSON.parse(stdout) as { updates: { digest: string }[] }).updates.map(({ digest }) => digest);
  };
  await until(async () => (await digests()).length > 0, `the update in ${layout.relayUpdates}`, {
    seconds: 120,
    told: () => node.said(),
  });
  return `updates/${(await digests())[0]}.zip`;
}

/** Seconds that rsync takes by itself. */
async function bare(
  to: Node,
  target: { readonly peer: string; readonly address: string; readonly port: number },
  paths: readonly string[],
): Promise<number> {
  const ssh = ['ssh', ...sshOptions(enrolmentPlaces(to.layout).sshConfig, target)].join(' ');
  const folder = join(to.host.root, 'bare');
  mkdirSync(folder);
  chmodSync(folder, 0o777); // whose key it is, who runs it
  const rsync = ['rsync', '-rtR', '--files-from=-', '--from0', '--rsync-path=pull', '-e', ssh];
  const began = performance.now();
  const ran = await to.host.run([...rsync, `${target.peer}:.`, folder], {
    as: floodUser,
    input: paths.map((path) => `${path}\0`).join(''),
    timeoutMs: 20 * 60_000,
  });
  const seconds = (performance.now() - began) / 1000;
  if (ran.exitCode !== 0) throw new Error(`rsync: ${ran.stderr}`);
  rmSync(folder, { recursive: true });
  return seconds;
}

function contacts({ layout }: Node): ContactRow[] {
  const ledger = openLedgerForReading(layout.ledgerFile);
  try {
    return ledger.neighbours.contactsAfter(0, 10_000);
  } finally {
    ledger.close();
  }
}
