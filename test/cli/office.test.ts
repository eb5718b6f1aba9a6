/** `ferryman office` and `ferryman office-user`, as typed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Kiosk, programs, removeFolders } from '../kit/kiosk.ts';
import { officeKey } from '../proxy/proxy-desk.ts';
import { freePort } from '../usb/show/browser.ts';
import { typed } from './typed.ts';

let office: Kiosk;
beforeAll(async () => {
  office = await Kiosk.make({ keys: [officeKey], role: 'proxy' });
  writeFileSync(join(office.root, 'password'), 'four words are good\n');
  writeFileSync(join(office.root, 'short'), 'short\n');
});
afterAll(removeFolders);

function run(...argv: string[]): ReturnType<typeof typed> {
  return typed([...argv, '--root', office.root]);
}

test('users are added, listed, given a new password and removed', async () => {
  const file = join(office.root, 'password');
  expect((await run('office-user', 'list')).stderr).toContain('[fleet.missing]');
  const added = await run('office-user', 'add', 'anna', '--role', 'operator', '--password-file', file);
  expect(added).toMatchObject({ exitCode: 0, stdout: 'anna may log in, as operator\n' });
  const again = await run('office-user', 'add', 'anna', '--password-file', file);
  expect(again).toMatchObject({ exitCode: 64 });
  expect(again.stderr).toContain('[office.user]');
  const list = await run('office-user', 'list', '--json');
  expect(JSON.parse(list.stdout)).toMatchObject({
    schema: 'ferryman.office-users/1',
    users: [{ name: 'anna', role: 'operator', lastLoginAt: null }],
  });
  expect(list.stdout).not.toContain('scrypt');
  expect(await run('office-user', 'password', 'anna', '--password-file', file)).toMatchObject({
    exitCode: 0,
  });
  expect(await run('office-user', 'remove', 'anna')).toMatchObject({ exitCode: 0 });
  expect(await run('office-user', 'remove', 'anna')).toMatchObject({ exitCode: 64 });
});

test.each([
  ['a short password', ['add', 'ben'], 'short', 'office.password'],
  ['a name with capitals', ['add', 'Ben'], 'password', 'office.user'],
  ['a password for nobody', ['password', 'nobody'], 'password', 'office.user'],
])('%s is told in words', async (_, argv, file, code) => {
  const ran = await run('office-user', ...argv, '--password-file', join(office.root, file));
  expect(ran.exitCode).toBe(64);
  expect(ran.stderr).toContain(`[${code}]`);
});

/** The built program, serving; `undefined` once it has said something else instead. */
async function served(...argv: string[]): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [join(programs, 'ferryman'), 'office', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const some of child.stderr ?? []) {
    said += String(some);
    if (/serves http|\[[a-z]+\.[a-z-]+\]/.test(said)) break;
  }
  return { child, said };
}

test('the page is served until it is told to stop, and a second one is told that the port is taken', async () => {
  const port = await freePort();
  const config = readFileSync(office.layout.configFile, 'utf8');
  writeFileSync(office.layout.configFile, `${config}\n[office]\nlisten = "127.0.0.1:${port}"\n`);
  const { child, said } = await served('--root', office.root);
  expect(said).toContain(`office: serves http://127.0.0.1:${port}`);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const page = await fetch(`http://127.0.0.1:${port}/login`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('Nobody can log in yet');
  const second = await office.run('office');
  expect(second.exitCode).toBe(69);
  expect(second.stderr).toContain('[office.listen]');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
