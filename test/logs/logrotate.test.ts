/** Debian's logrotate, in the ways in which it is configured: what comes home is what was written. */
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { bringHome, Home, LogNode } from './log-node.ts';

const canRotate = process.getuid?.() === 0 && spawnSync('logrotate', ['--version']).status === 0;

let node: LogNode;
beforeEach(() => {
  node = LogNode.make();
});
afterEach(() => {
  node.close();
  removeFolders();
});

function rotate(conf: string, folder: string): void {
  const { status, stderr } = spawnSync('logrotate', ['-f', '-s', join(folder, 'state'), conf], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`logrotate: ${stderr}`);
}

describe.skipIf(!canRotate)('logrotate (needs root and logrotate)', () => {
  test.each([
    ['create', 'create 0640 root root'],
    ['create and compress', 'create 0640 root root\n  compress'],
    ['create and compress later', 'create 0640 root root\n  compress\n  delaycompress'],
    ['copytruncate', 'copytruncate'],
    ['copytruncate and compress', 'copytruncate\n  compress'],
    ['names with a date', 'create 0640 root root\n  dateext\n  dateformat -%Y%m%d-%s\n  compress'],
  ])('%s', async (_name, options) => {
    const folder = temporaryFolder();
    const conf = join(folder, 'conf');
    writeFileSync(conf, `"${node.log('app.log')}" {\n  su root root\n  rotate 9\n  ${options}\n}\n`);
    chmodSync(conf, 0o644);
    const home = new Home();
    const histories: string[] = [];
    for (let round = 1; round <= 4; round++) {
      const [seen, unseen] = [
        `${round}: seen before\n`.repeat(30),
        `${round}: written just before\n`.repeat(3),
      ];
      node.append('app.log', seen);
      await bringHome(node, home);
      node.append('app.log', unseen);
      if (options.includes('%s')) await sleep(1100); // the names differ by seconds
      rotate(conf, folder);
      histories.push(seen + unseen);
    }
    await bringHome(node, home);
    expect(home.texts).toEqual(histories);
    expect(await bringHome(node, home)).toEqual([]);
  });
});
