/** `kill -9` of the packer before every durable step: no byte of a log is lost or comes twice, no sequence is used twice, each hole is declared. */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { countSequences } from '../../src/parcel/sequences.ts';
import { programFile } from '../crash/crash-node.ts';
import { spread } from '../crash/spread.ts';
import { canTrace, diskCalls, killBefore, recordSteps, thinned, walk, type Command } from '../crash/steps.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { Home, LogNode } from './log-node.ts';

const everything = temporaryFolder();
afterAll(removeFolders);

const patienceMs = 600_000;
const settings = 'compression = "gzip"';

function pack(root: string): Command {
  return { args: [programFile('ferryman'), 'logs', 'pack', '--json', '--root', root] };
}

function copyOf(root: string): string {
  const copy = join(mkdtempSync(join(everything, 'copy-')), 'root');
  cpSync(root, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** Bytes of each archive by its name. */
function snapshot(node: LogNode): Map<number, Buffer> {
  return new Map(node.pool().map((one) => [one.sequence, readFileSync(node.archivePath(one))]));
}

/** What is wrong at home with what stands in the pool. */
async function wrongAtHome(
  root: string,
  before: Map<number, Buffer>,
  expected: readonly string[],
): Promise<string[]> {
  const node = LogNode.at(root);
  try {
    const wrong: string[] = [];
    const home = new Home();
    const pool = node.pool();
    for (const one of pool) home.take(await node.read(one));
    if (JSON.stringify(home.texts) !== JSON.stringify(expected))
      wrong.push(`other logs came home: ${home.texts.join('|').slice(0, 300)}`);
    const after = snapshot(node);
    for (const [sequence, bytes] of before)
      if (!after.get(sequence)?.equals(bytes)) wrong.push(`archive ${sequence} is another one by now`);
    const newest = pool.at(-1);
    const voids = newest ? (await node.read(newest)).manifest.voids : [];
    if (pool.length + countSequences(voids) !== newest?.sequence)
      wrong.push(
        `${pool.length} archives and ${countSequences(voids)} declared voids up to ${newest?.sequence}`,
      );
    return wrong;
  } catch (error) {
    return [String(error)];
  } finally {
    node.close();
  }
}

describe.skipIf(!canTrace)('killed before any durable step (needs strace)', () => {
  test(
    'the next packer comes to the same end',
    async () => {
      const node = LogNode.make(settings);
      node.write('syslog', 'first line\n');
      await node.pack();
      node.append('syslog', 'second line\n');
      renameSync(node.log('syslog'), node.log('syslog.1'));
      node.write('syslog', 'third line\n');
      node.close();
      const { root } = node.layout;

      const steps = thinned(await recordSteps(pack(copyOf(root)), diskCalls));
      expect(steps.length).toBeGreaterThan(20);
      const failures = await walk(spread(steps, 16), async (step) => {
        const copy = copyOf(root);
        const { killed, exitCode, stderr } = await killBefore(pack(copy), step);
        if (!killed && exitCode !== 0) return [`it ended with ${exitCode}: ${stderr}`];
        const cut = LogNode.at(copy);
        const before = snapshot(cut);
        cut.append('syslog', 'fourth line\n');
        cut.close();
        const again = await execa(process.execPath, pack(copy).args, { reject: false, stdin: 'ignore' });
        const wrong = await wrongAtHome(copy, before, [
          'first line\nsecond line\n',
          'third line\nfourth line\n',
        ]);
        rmSync(copy, { recursive: true });
        return again.exitCode === 0 ? wrong : [`again it ends with ${again.exitCode}: ${again.stderr}`];
      });
      expect(failures).toEqual([]);
    },
    patienceMs,
  );
});
