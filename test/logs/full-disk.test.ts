/** A disk that is full while logs are packed: nothing is lost, nothing half-made stays, and it goes on when there is room. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FerrymanError } from '../../src/errors.ts';
import { canMount, SmallDisk, unmountAll } from '../disk/tmpfs.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { bringHome, Home, LogNode } from './log-node.ts';

let node: LogNode | undefined;
afterEach(() => {
  node?.close();
  unmountAll();
  removeFolders();
});

function under(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

describe.skipIf(!canMount)('a full disk (needs root, to mount a tmpfs)', () => {
  test.each([0, 1, 4, 12, 30, 60])(
    'with %i pages left: packing fails in words or succeeds, and later everything is home once',
    async (pages) => {
      const made = LogNode.make();
      made.close();
      const disk = SmallDisk.over(made.layout.state, '4m');
      node = LogNode.at(made.layout.root);
      const home = new Home();
      const first = Array.from({ length: 3000 }, (_, index) => `line ${index * 7919} of the log\n`).join('');
      node.write('syslog', first);
      disk.fill(pages);
      let code = 'none';
      const before = new Set<number>();
      try {
        for (const one of await node.pack()) before.add(one.sequence);
      } catch (error) {
        if (!(error instanceof FerrymanError)) throw error;
        code = error.code;
      }
      expect(['none', 'logs.disk-full', 'ledger.disk-full']).toContain(code);
      expect(under(join(node.layout.state, 'logs')).filter((name) => name.startsWith('building'))).toEqual(
        [],
      );
      disk.free();
      node.append('syslog', 'last line\n');
      await node.pack();
      for (const one of node.pool()) home.take(await node.read(one));
      expect(home.texts).toEqual([`${first}last line\n`]);
      expect(await bringHome(node, new Home())).toEqual([]);
    },
  );
});
