/** `npm run demo:fleet`, with a small fleet. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { programs } from '../kit/kiosk.ts';

const program = join(programs, '../demo-fleet.js');
const scratch = mkdtempSync(join(tmpdir(), 'ferryman-demo-test-'));
const env = { TMPDIR: scratch };
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('plays a year through the real store, serves the page, and leaves nothing', async () => {
  const ran = await execa(process.execPath, [program, '--once', '--nodes', '15'], { env });
  expect(ran.stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\n {2}user {6}demo\n {2}password {2}\S{16}/);
  expect(ran.stderr).toContain('a year of 15 nodes: 60 archives');
  expect(ran.stderr).toContain('the page answers: 15 nodes');
  expect(readdirSync(scratch)).toEqual([]);
});

test('ends cleanly by Ctrl-C', async () => {
  const child = spawn(process.execPath, [program, '--nodes', '3'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  for await (const some of child.stderr) if (String(some).includes('Ctrl-C ends it')) break;
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(readdirSync(scratch)).toEqual([]);
});
