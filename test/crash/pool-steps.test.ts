/**
 * `kill -9` before every durable step of a contact that brings archives and an acknowledgement: nothing corrupt is offered afterwards, nothing of
 * this node's own is gone that no proxy holds, and the next contact brings what is missing, once.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partialName } from '../../src/flood/exchange/staging.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { makeScene, settings, wrongAnywhere, wrongAtEnd, type Scene } from '../flood/ferry.ts';
import { PoolNode } from '../flood/pool-node.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { spread } from './spread.ts';
import { canTrace, diskCalls, killBefore, recordSteps, thinned, traced, walk } from './steps.ts';
import { callsOfThreads, syncCalls, Unsynced } from './sync-order.ts';

const everything = temporaryFolder();
let scene: Scene;

afterAll(removeFolders);
beforeAll(async () => {
  const project = join(import.meta.dirname, '../..');
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'pool/main.ts'),
    platform: 'node',
    external: [/^node:/, 'better-sqlite3'],
  });
  await bundle.write({ file: join(everything, 'pool.mjs'), codeSplitting: false });
  symlinkSync(join(project, 'node_modules'), join(everything, 'node_modules'));
  scene = await makeScene();
});

function copy(): string {
  const root = join(mkdtempSync(join(everything, 'ferry-')), 'root');
  cpSync(scene.root, root, { recursive: true, preserveTimestamps: true });
  return root;
}

const contact = (root: string): { args: string[] } => ({
  args: [join(everything, 'pool.mjs'), root, scene.offer.folder, scene.offer.peer],
});

async function wrongAfterwards(root: string): Promise<string[]> {
  const ferry = await PoolNode.start(root, 2, 'ferry', settings);
  try {
    const wrong = await wrongAnywhere(ferry);
    await ferry.pull(scene.offer);
    wrong.push(...(await wrongAtEnd(ferry)));
    const staged = readdirSync(ferry.layout.staging, { recursive: true, encoding: 'utf8' });
    wrong.push(...staged.filter((name) => name.endsWith('.zip') && !name.includes(partialName)));
    const offered = readdirSync(ferry.layout.relay, { recursive: true, encoding: 'utf8' });
    return [...wrong, ...offered.filter((name) => name.endsWith('.part'))];
  } finally {
    ferry.ledger.close();
  }
}

describe.skipIf(!canTrace)('a power cut in a contact (needs strace)', () => {
  test('what is offered was on the disk before it got its name; once the contact is over its names last too', async () => {
    const root = copy();
    const { relay } = layoutUnder(root);
    const unsynced = new Unsynced();
    const named: string[] = [];
    const torn: string[] = [];
    const { trace } = await traced(contact(root), ['-f', '-e', syncCalls]);
    for (const line of callsOfThreads(trace)) {
      const [, from = '', to = ''] = /^rename\("([^"]*)", "([^"]*)"\) += 0/.exec(line) ?? [];
      if (to.startsWith(relay) && to.endsWith('.zip')) {
        named.push(to.slice(relay.length + 1));
        if (!unsynced.hasContents(from)) torn.push(to);
      }
      unsynced.take(line);
    }
    expect(named.map((path) => path.split('/')[0])).toStrictEqual(['acks', 'logs', 'logs']);
    expect(torn).toStrictEqual([]);
    expect(unsynced.under(relay)).toStrictEqual([]);
  });
});

describe.skipIf(!canTrace)('a ferry killed before any durable step of a contact (needs strace)', () => {
  test(
    'offers nothing that is not right, has lost nothing of its own, and goes on',
    { timeout: 600_000 },
    async () => {
      const steps = thinned(await recordSteps(contact(copy()), diskCalls));
      expect(steps.length).toBeGreaterThan(40);
      const failures = await walk(spread(steps, 24), async (step) => {
        const root = copy();
        const { killed, stderr } = await killBefore(contact(root), step);
        const wrong = await wrongAfterwards(root);
        rmSync(join(root, '..'), { recursive: true, force: true });
        return killed ? wrong : [`it was not killed: ${stderr}`, ...wrong];
      });
      expect(failures).toStrictEqual([]);
    },
  );
});
