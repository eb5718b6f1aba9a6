/** What is in an archive, and what becomes of archives that nobody fetches. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { release } from '../../src/logs/publish.ts';
import { readLogStatus } from '../../src/logs/status-facts.ts';
import { loadConfig } from '../../src/node/config.ts';
import { formatRange } from '../../src/parcel/sequences.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { bringHome, Home, linesOf, LogNode } from './log-node.ts';

const nodes: LogNode[] = [];
function makeNode(...args: Parameters<typeof LogNode.make>): LogNode {
  const node = LogNode.make(...args);
  nodes.push(node);
  return node;
}
afterEach(() => {
  for (const node of nodes.splice(0)) node.close();
  removeFolders();
});

/** As the fake journalctl prints it. */
function entry(n: number): string {
  return `__CURSOR=c${n}\nMESSAGE=message ${n}\nBINARY\n\u0003${'\0'.repeat(7)}a\n\n\n\n`;
}

/** Text that compresses badly, in lines. */
function noise(bytes: number): string {
  return randomBytes(bytes / 2)
    .toString('hex')
    .replaceAll(/(.{63})./g, '$1\n');
}

function addUpdate(node: LogNode, sequence: number): string {
  const digest = String(sequence).padStart(128, 'a');
  node.ledger.updates.add({
    digest,
    channel: 'usb',
    signers: [],
    terms: undefined,
    at: '2026-11-21T08:00:00Z',
  });
  return digest;
}

describe.each(['zstd', 'gzip'] as const)('compressed by %s', (compression) => {
  test('stock tools open an archive: unzip, then tar; and its manifest says what it is', async () => {
    const node = makeNode(`compression = "${compression}"`);
    node.write('syslog', 'one\ntwo\n');
    node.write('a folder/b.log', 'three\n');
    const [packed] = await node.pack();
    if (!packed) throw new Error('expected an archive');
    const folder = temporaryFolder();
    execFileSync('unzip', ['-q', node.archivePath(packed), '-d', folder]);
    const name = compression === 'zstd' ? 'logs.tar.zst' : 'logs.tar.gz';
    execFileSync('tar', ['-C', folder, '-xaf', join(folder, name)]);
    expect(readFileSync(join(folder, 'var/log/syslog'), 'utf8')).toBe('one\ntwo\n');
    expect(readFileSync(join(folder, 'var/log/a folder/b.log'), 'utf8')).toBe('three\n');
    const { manifest } = await node.read(packed);
    expect(manifest).toMatchObject({ sequence: 1, class: 'long', full: true, voids: [] });
    expect(manifest.previous).toBeUndefined();
  });

  test('a backlog is cut into archives below the ceiling, and nothing of it is lost', async () => {
    const node = makeNode(`compression = "${compression}"\narchiveMegabytes = 1`);
    const texts = [noise(2_400_000), noise(200_000), noise(800_000)];
    for (const [index, text] of texts.entries()) node.write(`${index}.log`, text);
    const home = new Home();
    const packed = await bringHome(node, home);
    expect(packed.length).toBeGreaterThan(1);
    for (const { bytes } of packed) expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(home.texts.toSorted()).toEqual(texts.toSorted());
    const manifests = await Promise.all(packed.map(async (one) => (await node.read(one)).manifest));
    expect(manifests.map(({ full }) => full)).toEqual(packed.map((_, index) => index === 0));
    expect(manifests.map(({ previous }) => previous)).toEqual([
      undefined,
      ...packed.slice(0, -1).map(({ digest }) => digest),
    ]);
  });
});

test('outcomes travel in a short archive, each update as "show --json" tells it, once until it changes', async () => {
  const node = makeNode();
  const digest = addUpdate(node, 1);
  addUpdate(node, 2);
  node.contacts = (after) => (after === 0 ? [{ id: 5, line: '{"at":"x"}' }] : []);
  const [first] = await node.pack('short');
  if (!first) throw new Error('expected an archive');
  const archive = await node.read(first);
  expect(archive.manifest.class).toBe('short');
  expect(linesOf(archive, 'contacts.jsonl')).toEqual(['{"at":"x"}']);
  expect(
    linesOf(archive, 'ledger.jsonl').map((line) => (JSON.parse(line) as { digest: string }).digest),
  ).toHaveLength(2);
  expect(await node.pack('short')).toEqual([]);
  node.ledger.updates.setState(digest, 'refused', 'not good', '2026-11-21T09:00:00Z');
  const [second] = await node.pack();
  if (!second) throw new Error('expected an archive');
  const [line = '{}', ...others] = linesOf(await node.read(second), 'ledger.jsonl');
  expect(others).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({ digest, state: 'refused', reason: 'not good' });
  expect(second.class).toBe('short');
});

test('more outcomes than a short archive holds become several, and each is small enough', async () => {
  const node = makeNode();
  node.ledger.transaction(() => {
    for (let sequence = 1; sequence <= 600; sequence++) addUpdate(node, sequence);
  });
  const packed = await node.pack();
  expect(packed.length).toBeGreaterThan(1);
  let told = 0;
  for (const one of packed) {
    expect([one.class, one.bytes <= 256 * 1024]).toEqual(['short', true]);
    told += linesOf(await node.read(one), 'ledger.jsonl').length;
  }
  expect(told).toBe(600);
});

test('when there is no room the oldest long archive goes, and the next ones declare it as lost; short ones stay', async () => {
  const node = makeNode('poolMegabytes = 1\narchiveMegabytes = 1');
  addUpdate(node, 1);
  await node.pack('short');
  for (const name of ['a', 'b', 'c']) {
    node.write(name, noise(900_000));
    await node.pack();
  }
  expect(node.pool()).toEqual(
    [
      { sequence: 1, class: 'short' },
      { sequence: 3, class: 'long' },
      { sequence: 4, class: 'long' },
    ].slice(0, node.pool().length),
  );
  const { manifest } = await node.read({ sequence: 4, class: 'long' });
  const voids = node.ledger.logArchives.voids();
  expect(manifest.voids).toEqual(voids);
  expect(voids.map(formatRange)).toEqual(['2']);
  expect(existsSync(node.archivePath({ sequence: 2, class: 'long' }))).toBe(false);
});

test('of very many voids the newest thousand ranges are declared, so that the archive can still be read', async () => {
  const node = makeNode();
  node.ledger.transaction(() => {
    for (let count = 0; count < 2200; count++) {
      const sequence = node.ledger.logArchives.reserve('long', '2026-11-21T08:00:00Z');
      if (count % 2 === 0) node.ledger.logArchives.setVoid(sequence, 'a test');
      else {
        node.ledger.logArchives.setBuilt(sequence, 'ab'.repeat(64), 1, '');
        node.ledger.logArchives.setStored(sequence);
        node.ledger.logArchives.setDelivered([{ first: sequence, last: sequence }]);
      }
    }
  });
  node.write('syslog', 'one\n');
  const [packed] = await node.pack();
  if (!packed) throw new Error('expected an archive');
  const { manifest } = await node.read(packed);
  expect(manifest.voids).toHaveLength(1000);
  expect(manifest.voids.at(-1)).toEqual({ first: 2199, last: 2199 });
});

test('what a proxy holds goes, and status tells it', async () => {
  const node = makeNode();
  for (const name of ['a', 'b', 'c']) {
    node.write(name, `${name}\n`);
    await node.pack();
  }
  const { node: who } = loadConfig(node.layout);
  const place = { layout: node.layout, node: who, incarnation: node.ledger.fact('log-incarnation') ?? '' };
  release({ place, ledger: node.ledger }, [
    { first: 1, last: 1 },
    { first: 3, last: 9 },
  ]);
  expect(node.pool()).toEqual([{ sequence: 2, class: 'long' }]);
  const status = readLogStatus(
    node.ledger,
    { enabled: true, periodSeconds: 60 },
    { bootId: 'x', uptimeSeconds: 400 },
  );
  expect(status).toMatchObject({
    lastSequence: 3,
    deliveredUpTo: 1,
    gaps: [{ first: 2, last: 2 }],
    waiting: { long: { archives: 1 } },
    nextInSeconds: 0,
  });
});

test('archives of a gateway stand where no ferry is offered anything', async () => {
  const node = makeNode('', 'gateway');
  node.write('syslog', 'one\n');
  const [packed] = await node.pack();
  if (!packed) throw new Error('expected an archive');
  expect(node.archivePath(packed)).toContain('/homeward/logs/');
  expect(existsSync(join(node.layout.state, 'relay/logs'))).toBe(false);
});

describe('the journal', () => {
  /** A journalctl that keeps three entries, one with a field of any bytes. */
  const fake = `#!/bin/sh
printf '%s\\n' "$*" >> "$(dirname "$0")/calls"
entry() { printf '__CURSOR=c%s\\nMESSAGE=message %s\\nBINARY\\n' $1 $1; printf '\\003\\000\\000\\000\\000\\000\\000\\000a\\n\\n\\n\\n'; }
case "$*" in
  *--after-cursor\\ c1*) entry 2; entry 3 ;;
  *--after-cursor\\ c3*) ;;
  *) entry 1 ;;
esac
`;

  test('goes on after the last entry that was sent, whatever bytes are in the entries', async () => {
    const node = makeNode();
    writeFileSync(
      node.layout.configFile,
      readFileSync(node.layout.configFile, 'utf8').replace('journal = false', ''),
    );
    mkdirSync(join(node.layout.root, 'var/log/journal'), { recursive: true });
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'journalctl'), fake, { mode: 0o755 });
    node.path = `${bin}:/usr/bin:/bin`;
    const texts: (string | undefined)[] = [];
    for (let round = 0; round < 3; round++)
      for (const one of await node.pack())
        texts.push((await node.read(one)).files.get('journal.export')?.toString());
    expect(texts).toEqual([entry(1), entry(2) + entry(3)]);
    expect(readFileSync(join(bin, 'calls'), 'utf8')).toContain('-o export');
  });

  test('of the real journalctl, on a folder without a journal, is nothing and no problem', async () => {
    const node = makeNode();
    writeFileSync(
      node.layout.configFile,
      readFileSync(node.layout.configFile, 'utf8').replace('journal = false', ''),
    );
    mkdirSync(join(node.layout.root, 'var/log/journal'), { recursive: true });
    node.write('syslog', 'one\n');
    const [packed] = await node.pack();
    expect(packed?.journalProblem).toBeUndefined();
    expect(packed?.logFiles).toBe(1);
  });
});
