/**
 * A proxy with its fleet store at work, by the same functions as the daemon.
 *
 * `node dist/bench-fleet.js pack FOLDER NODES COUNT`: makes archives; `fill ROOT STORE NODES UPDATES`: makes a fleet that is known;
 * `take ROOT STORE FOLDER`: takes all of a folder in and acknowledges them, and prints seconds, processor seconds and peak memory as JSON.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { sql } from 'kysely';
import { FleetFeed, handTo } from '../../src/fleet/ingest/fleet-feed.ts';
import { openFleetStore } from '../../src/fleet/store/open-store.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { formatContact } from '../../src/parcel/contact.ts';
import { formatNodeFacts } from '../../src/parcel/node-facts.ts';
import { packedFile } from '../../src/parcel/pack.ts';
import { Proxy } from '../../src/proxy/proxy.ts';
import { unpackArchive } from '../../src/proxy/readable/unpack-archive.ts';
import { unpackTar } from '../../src/proxy/readable/unpack-tar.ts';
import { ProvenLines } from '../../src/verify/enrolled.ts';
import { digestOf, groupOf, guidOf, makeFleet } from '../../test/fleet/questions/made-fleet.ts';
import { archiveOf, proxyGuid, signerOf, trust } from '../proxy/archives.ts';

// As ferryman's main.ts.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=30');

const [what, folder = '', second = '', third = '', fourth = ''] = process.argv.slice(2);
if (what === 'pack') pack(folder, Number(second), Number(third));
else if (what === 'fill') void fill(folder, second, { nodes: Number(third), updates: Number(fourth) });
else void take(folder, second, third);

/** Four days of one node, then of the next, as a ferry brings them. */
function pack(into: string, nodes: number, count: number): void {
  mkdirSync(into, { recursive: true });
  for (let nth = 0; nth < count; nth++) {
    const node = Math.floor(nth / 4) % nodes;
    const sequence = 101 + (nth % 4) + 4 * Math.floor(nth / 4 / nodes);
    const lines = {
      'contacts.jsonl': [1, 2, 3].map((minute) => contact(node, minute)),
      'ledger.jsonl': [1, 2].map((back) => update(201 - back - (nth % 20))),
      'node.jsonl': [facts(node)],
    };
    const files = Object.entries(lines).map(([name, texts]) =>
      packedFile(name, Buffer.from(texts.map((text) => `${text}\n`).join(''))),
    );
    writeFileSync(join(into, `${nth}.zip`), archiveOf(guidOf(node), sequence, files));
  }
}

function contact(node: number, minute: number): string {
  const at = `2026-11-01T00:0${minute}:00Z`;
  const bytes = { bytesIn: 1000, bytesOut: 2000, parcelsIn: 3 };
  return formatContact({ at, peer: guidOf(node % 50), role: 'ferry', seconds: 9, ...bytes, reason: 'done' });
}

function update(sequence: number): string {
  const at = '2026-11-01T00:00:00Z';
  const transition = (state: string): object => ({ state, reason: '', at });
  return JSON.stringify({
    sequence,
    digest: digestOf(sequence),
    title: `Update ${sequence}`,
    channel: 'flood',
    state: 'succeeded',
    exitStatus: 0,
    signal: null,
    attempts: 1,
    receivedAt: at,
    startedAt: at,
    finishedAt: at,
    reason: 'exit status 0',
    recipients: ['all'],
    created: at,
    expires: null,
    script: { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 },
    supersedes: [],
    signers: ['0123456789ABCDEF'],
    transitions: ['received', 'verified', 'starting', 'running', 'succeeded'].map(transition),
    shortLogs: [{ sink: 'file', text: 'all is well', createdAt: at }],
  });
}

function facts(node: number): string {
  const disk = { freeBytes: 1e9 + node, totalBytes: 1e10, undelivered: 0, undeliveredBytes: 0 };
  return formatNodeFacts({ version: '1.0.0', groups: [groupOf(node)], baseline: 0, ...disk });
}

async function fill(root: string, address: string, size: { nodes: number; updates: number }): Promise<void> {
  const store = await openFleetStore({ store: address, file: fileIn(root) });
  // Nothing is lost that could not be made again; whoever opens it next syncs.
  if (store.dialect === 'sqlite') await sql`pragma synchronous = off`.execute(store.db);
  await makeFleet(store, { ...size, contacts: 40, archives: 20, shortLogs: 5 });
  await store.close();
}

function fileIn(root: string): string {
  return layoutUnder(root).fleetFile;
}

async function take(root: string, address: string, given: string): Promise<void> {
  const paths = readdirSync(given).map((name) => join(given, name));
  const [begin, cpuBefore] = [performance.now(), process.cpuUsage()];
  const nodeTrust = { ...trust, proven: new ProvenLines() };
  const feed = new FleetFeed({
    config: { store: address, file: fileIn(root), contactDays: 400, shortLogDays: 400 },
    closed: () => [],
    nowMs: () => Date.now(),
    tell: (text) => process.stderr.write(`${text}\n`),
  });
  const proxy = await Proxy.open({
    layout: layoutUnder(root),
    trust: () => nodeTrust,
    isClosed: () => false,
    signer: () => Promise.resolve({ ...signerOf(proxyGuid, 'proxy'), guid: proxyGuid, serial: 1 }),
    unpack: (path, into) => unpackArchive(path, into, unpackTar),
    feed: handTo(feed, proxyGuid),
    nowMs: () => Date.now(),
    randomHex: (bytes) => 'e'.repeat(bytes * 2),
    acknowledgeSeconds: 60,
  });
  await proxy.takeIn(paths, { how: 'bench', links: 'refuse' });
  await proxy.acknowledge('now');
  if (proxy.feedProblem) throw proxy.feedProblem;
  proxy.close();
  await feed.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  process.stdout.write(
    JSON.stringify({
      wallSeconds: (performance.now() - begin) / 1000,
      cpuSeconds: (user + system) / 1e6,
      peakMib: process.resourceUsage().maxRSS / 1024,
    }),
  );
}
