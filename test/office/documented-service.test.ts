/** What docs/operations.md tells people to write down is what systemd takes. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

afterAll(removeFolders);

/** An indented block, from its first line on. */
function block(first: string): string {
  const [, behind = ''] = readFileSync('docs/operations.md', 'utf8').split(`    ${first}\n`);
  const lines = behind.split('\n');
  const end = lines.findIndex((line) => line !== '' && !line.startsWith('    '));
  return `${lines
    .slice(0, end)
    .map((line) => line.slice(4))
    .join('\n')}\n`;
}

test.skipIf(!hasSystemd)('the unit of the office page (needs systemd-analyze)', () => {
  const unit = block('# /etc/systemd/system/ferryman-office.service');
  expect(unit).toContain('ExecStart=/usr/bin/ferryman office\n');
  const file = join(temporaryFolder(), 'ferryman-office.service');
  // The program need not be installed here.
  writeFileSync(file, unit.replace('/usr/bin/ferryman', '/bin/true'));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
