/** What waits to travel home when the office enrols the node anew, and when the role of the node is changed. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { movePool } from '../../src/logs/pool-of-role.ts';
import type { Layout } from '../../src/node/layout.ts';
import { unpackArchive } from '../../src/logs/unpack-archive.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { programFile } from '../crash/crash-node.ts';
import { canTrace, diskCalls, killBefore, recordSteps, walk, type Command } from '../crash/steps.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey } from '../kit/office.ts';
import { LogNode, officeTrust } from './log-node.ts';

afterAll(removeFolders);

const office = fixedKey(7);
const firstRevoked = { ...officeTrust, revoked: [{ first: 1, last: 1 }] };
const foreign = 'ffffffff-0000-4000-8000-000000000001/00000000000000aa/0000000001.long.zip';

function setRole(layout: Layout, from: Role, to: Role): void {
  const text = readFileSync(layout.configFile, 'utf8');
  writeFileSync(layout.configFile, text.replace(`role = "${from}"`, `role = "${to}"`));
}

/** A kiosk with two archives that wait. */
async function waiting(): Promise<LogNode> {
  const node = LogNode.make('compression = "gzip"');
  for (const line of ['first line\n', 'second line\n']) {
    node.append('syslog', line);
    await node.pack();
  }
  return node;
}

function digestsOf(node: LogNode): string[] {
  return node.pool().map((one) => hashParcel(readFileSync(node.archivePath(one))).digest);
}

/** Who has the newest roster opens it. @returns code of the error, or none */
async function opened(node: LogNode, sequence: number): Promise<string> {
  const out = join(temporaryFolder(), 'out');
  try {
    await unpackArchive(node.archivePath({ sequence, class: 'long' }), out, firstRevoked);
    return '';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('enrolled anew', () => {
  test('what waits is signed under the new enrolment, and is the same archive to all who have seen it', async () => {
    const node = await waiting();
    const before = digestsOf(node);
    expect(await opened(node, 1)).toBe('enrolment.revoked');
    enrolNode(node.layout, office, 2);
    await node.pack();
    expect([await opened(node, 1), await opened(node, 2)]).toEqual(['', '']);
    expect(digestsOf(node)).toEqual(before);
    expect(node.ledger.logArchives.waiting().map(({ bytes }) => bytes)).toEqual(
      node.pool().map((one) => readFileSync(node.archivePath(one)).length),
    );
    const mtimes = readFileSync(node.archivePath({ sequence: 1, class: 'long' }));
    await node.pack();
    expect(readFileSync(node.archivePath({ sequence: 1, class: 'long' }))).toEqual(mtimes);
    node.close();
  });

  test('an archive that is not what the ledger knows is not signed', async () => {
    const node = await waiting();
    const [one, two] = node.pool().map((name) => node.archivePath(name));
    rmSync(one ?? '');
    writeFileSync(one ?? '', readFileSync(two ?? ''));
    enrolNode(node.layout, office, 2);
    await node.pack();
    expect([await opened(node, 1), await opened(node, 2)]).toEqual(['enrolment.revoked', '']);
    node.close();
  });

  test('one that was delivered meanwhile is not put back', async () => {
    const node = await waiting();
    const path = node.archivePath({ sequence: 1, class: 'long' });
    node.ledger.logArchives.setDelivered([{ first: 1, last: 1 }]);
    node.ledger.logArchives.setGone(1);
    enrolNode(node.layout, office, 2);
    await node.pack();
    expect(existsSync(path)).toBe(false);
    node.close();
  });
});

describe('another role', () => {
  test.each([
    ['kiosk', 'gateway'],
    ['gateway', 'ferry'],
    ['gateway', 'proxy'],
  ] as const)('from %s to %s all that waits is moved, and nothing is left', (from, to) => {
    const { layout } = LogNode.make();
    const [old, now] =
      from === 'gateway' ? [layout.homewardLogs, layout.relayLogs] : [layout.relayLogs, layout.homewardLogs];
    for (const path of [foreign, foreign.replace('0001.long', '0002.short')]) {
      mkdirSync(dirname(join(old, path)), { recursive: true });
      writeFileSync(join(old, path), 'an archive');
    }
    writeFileSync(join(dirname(join(old, foreign)), '.0000000003.long.zip.abc.part'), 'half an archive');
    expect(movePool(layout, to)).toBe(2);
    expect(existsSync(old)).toBe(false);
    expect(readdirSync(dirname(join(now, foreign)))).toEqual(['0000000001.long.zip', '0000000002.short.zip']);
    expect(movePool(layout, to)).toBe(0);
  });

  test('of two under one name the one that stands there stays', () => {
    const { layout } = LogNode.make();
    for (const [folder, text] of [
      [layout.relayLogs, 'old'],
      [layout.homewardLogs, 'new'],
    ] as const) {
      mkdirSync(dirname(join(folder, foreign)), { recursive: true });
      writeFileSync(join(folder, foreign), text);
    }
    movePool(layout, 'gateway');
    expect(readFileSync(join(layout.homewardLogs, foreign), 'utf8')).toBe('new');
    expect(existsSync(layout.relayLogs)).toBe(false);
  });
});

function pack(root: string): Command {
  return { args: [programFile('ferryman'), 'logs', 'pack', '--class', 'short', '--root', root] };
}

/** Whether it makes names, takes them away, or syncs, where archives stand. */
const isOfPool = ({ text }: { readonly text: string }): boolean => /relay\/l|homeward/.test(text);

test.skipIf(!canTrace)(
  'killed before any step of it, the next packer comes to the same end: all archives where the new role keeps them, signed anew (needs strace)',
  { timeout: 300_000 },
  async () => {
    const node = await waiting();
    const { layout } = node;
    mkdirSync(dirname(join(layout.relayLogs, foreign)), { recursive: true });
    writeFileSync(join(layout.relayLogs, foreign), 'an archive');
    setRole(layout, 'kiosk', 'gateway');
    enrolNode(layout, office, 2);
    const before = [1, 2].map((sequence) => node.ledger.logArchives.find(sequence)?.digest);
    node.close();
    const copyOf = (): string => {
      const copy = join(temporaryFolder(), 'root');
      cpSync(layout.root, copy, { recursive: true, preserveTimestamps: true });
      return copy;
    };
    const steps = (await recordSteps(pack(copyOf()), [...diskCalls, 'rmdir'])).filter(isOfPool);
    expect(steps.length).toBeGreaterThan(8);
    const failures = await walk(steps, async (step) => {
      const copy = copyOf();
      await killBefore(pack(copy), step);
      const again = await execa(process.execPath, pack(copy).args, { reject: false, stdin: 'ignore' });
      const after = LogNode.at(copy);
      const wrong = [
        ...(again.exitCode === 0 ? [] : [`it ends with ${again.exitCode}: ${again.stderr}`]),
        ...(existsSync(after.layout.relayLogs) ? ['something is left for neighbours'] : []),
        ...(existsSync(join(after.layout.homewardLogs, foreign)) ? [] : ['the archive of another is lost']),
        ...(JSON.stringify(digestsOf(after)) === JSON.stringify(before) ? [] : ['other archives']),
        await opened(after, 1),
        await opened(after, 2),
      ];
      after.close();
      rmSync(copy, { recursive: true });
      return wrong.filter((text) => text !== '');
    });
    expect(failures).toEqual([]);
  },
);
