/** A disk that fails to sync while logs are packed: whatever it refuses, the ledger says what is so, and everything comes home once. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { programFile } from '../crash/crash-node.ts';
import { canTrace, recordSteps, thinned, traced, walk, type Command } from '../crash/steps.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { Home, LogNode } from './log-node.ts';

const everything = temporaryFolder();
afterAll(removeFolders);

function pack(root: string): Command {
  return { args: [programFile('ferryman'), 'logs', 'pack', '--json', '--root', root] };
}

/** @param toldStored what the packer that met the failing disk has said; `undefined`: something else has failed */
async function wrongAt(root: string, toldStored: number | undefined, expected: string): Promise<string[]> {
  const node = LogNode.at(root);
  try {
    const stored = node.ledger.logArchives.waiting().length;
    if (toldStored !== undefined && stored !== toldStored) return [`${stored} archives are stored`];
    const missing = node.ledger.logArchives
      .waiting()
      .filter((one) => !existsSync(node.archivePath(one)))
      .map(({ sequence }) => `the ledger says that ${sequence} is there`);
    if (missing.length > 0) return missing;
    await node.pack();
    const home = new Home();
    for (const one of node.pool()) home.take(await node.read(one));
    const texts = home.texts.join('|');
    return texts === expected ? [] : [`${texts} came home`];
  } finally {
    node.close();
  }
}

describe.skipIf(!canTrace)('a sync that fails (needs strace)', () => {
  test('leaves nothing that the ledger takes to be there and is not', async () => {
    const node = LogNode.make('compression = "gzip"');
    node.write('syslog', 'one line\n');
    node.close();
    const { root } = node.layout;
    const copyOf = (): string => {
      const copy = join(mkdtempSync(join(everything, 'copy-')), 'root');
      cpSync(root, copy, { recursive: true, preserveTimestamps: true });
      return copy;
    };
    const steps = thinned(await recordSteps(pack(copyOf()), ['fsync']));
    expect(steps.some(({ text }) => text.includes('relay/logs'))).toBe(true);
    const failures = await walk(steps, async ({ call, nth, text }) => {
      const copy = copyOf();
      const refused = await traced(pack(copy), ['-e', `inject=${call}:error=EIO:when=${nth}`]);
      const isOfArchive = text.includes('relay/logs');
      const toldStored = refused.exitCode === 0 ? 1 : 0;
      const wrong = await wrongAt(copy, isOfArchive ? toldStored : undefined, 'one line\n');
      rmSync(copy, { recursive: true });
      return wrong.map((why) => `${why}; it had ended with ${refused.exitCode}: ${refused.stderr}`);
    });
    expect(failures).toEqual([]);
  }, 240_000);
});

describe('an own archive', () => {
  let node: LogNode;
  beforeEach(async () => {
    node = LogNode.make('compression = "gzip"');
    node.write('syslog', 'one\n');
    await node.pack();
  });

  test('whose file is gone is declared lost with the next one', async () => {
    const [first] = node.pool();
    if (!first) throw new Error('expected an archive');
    rmSync(node.archivePath(first));
    node.append('syslog', 'two\n');
    await node.pack();
    const [next, ...more] = node.pool();
    expect(more).toEqual([]);
    if (!next) throw new Error('expected another archive');
    expect((await node.read(next)).manifest).toMatchObject({ sequence: 2, voids: [{ first: 1, last: 1 }] });
    node.close();
  });
});
