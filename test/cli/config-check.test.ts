/** `ferryman config check`: all problems at once, before a daemon meets them. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cleanUp, makeKiosk } from '../controller/at-work.ts';

afterAll(cleanUp);

const required =
  '[node]\nguid = "9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11"\nrole = "kiosk"\n[trust]\nthreshold = 1\n';

test('a configuration that init wrote is in order', async () => {
  const kiosk = await makeKiosk();
  const { exitCode, stdout, stderr } = await kiosk.run('config', 'check');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`${kiosk.layout.configFile}: in order\n`);
});

test('every problem stands on a line of its own, with file, key, expected and found', async () => {
  const kiosk = await makeKiosk();
  writeFileSync(
    kiosk.layout.configFile,
    `${required}[run]\nstopSeconds = "soon"\nspeed = 3\n[log]\nlevel = "loud"\n`,
  );
  const { exitCode, stdout } = await kiosk.run('config', 'check');
  const file = kiosk.layout.configFile;
  expect(exitCode).toBe(78);
  expect(stdout.trimEnd().split('\n')).toEqual([
    `${file}: run.speed: expected one of stopSeconds, deferFirstSeconds, deferMaxSeconds, rebootCommand, found a key that ferryman does not know`,
    `${file}: run.stopSeconds: expected a whole number from 1 to 86400, found "soon"`,
    `${file}: log.level: expected "error", "warning", "info" or "debug", found "loud"`,
  ]);
  const json = JSON.parse((await kiosk.run('config', 'check', '--json')).stdout) as Record<string, unknown>;
  expect(json).toMatchObject({
    schema: 'ferryman.config-check/1',
    file,
    config: null,
    problems: [{ key: 'run.speed' }, { key: 'run.stopSeconds', found: '"soon"' }, { key: 'log.level' }],
  });
});

test('keys that cannot be used are a problem; programs and folders that are not there, a warning', async () => {
  const kiosk = await makeKiosk();
  writeFileSync(
    kiosk.layout.configFile,
    `${required}[run]\nrebootCommand = ["/no/such/reboot"]\n[[report.sinks]]\ntype = "exec"\nname = "sms"\ncommand = ["no-such-program"]\n[[report.sinks]]\ntype = "file"\nname = "file"\npath = "/no/such/folder/log"\n`,
  );
  const warned = await kiosk.run('config', 'check');
  expect(warned.exitCode).toBe(0);
  expect(warned.stdout).toMatch(/warning: run\.rebootCommand: .*found no such program: \/no\/such\/reboot\n/);
  expect(warned.stdout).toMatch(/warning: report\.sinks\[1\]\.command: .*no-such-program\n/);
  expect(warned.stdout).toMatch(/warning: report\.sinks\[2\]\.path: .*\/no\/such\/folder\n/);

  for (const name of readdirSync(kiosk.layout.keys)) rmSync(join(kiosk.layout.keys, name));
  const { exitCode, stdout } = await kiosk.run('config', 'check');
  expect(exitCode).toBe(78);
  expect(stdout).toMatch(/trust: expected office keys that can be used, found none: /);
});

test('slots for keys that this machine has not are a warning: one that is empty may be missing', async () => {
  const kiosk = await makeKiosk();
  const at = (name: string): string => join(kiosk.root, 'slots', name);
  mkdirSync(at('folder'), { recursive: true });
  writeFileSync(at('key.img'), 'an image');
  symlinkSync(at('key.img'), at('link'));
  symlinkSync(at('gone.img'), at('dangling'));
  const slots = [
    '/slots/key.img',
    '/slots/sdz1',
    '/slots/folder',
    '/slots/link',
    '/slots/dangling',
    '/slots/key.img/below',
  ];
  writeFileSync(kiosk.layout.configFile, `${required}[usb]\nslots = ${JSON.stringify(slots)}\n`);
  const { exitCode, stdout } = await kiosk.run('config', 'check');
  expect(exitCode).toBe(0);
  const nothing = (number: number, name: string): string =>
    `${kiosk.layout.configFile}: warning: usb.slots[${number}]: expected a block device or an image file, found nothing at ${at(name)}, which is right while no key is in`;
  expect(stdout.trimEnd().split('\n')).toEqual([
    nothing(2, 'sdz1'),
    `${kiosk.layout.configFile}: warning: usb.slots[3]: expected a block device or an image file, found something else at ${at('folder')}: no key is ever noticed there`,
    nothing(5, 'dangling'),
    nothing(6, 'key.img/below'),
    `${kiosk.layout.configFile}: in order`,
  ]);
});

test('with --json all settings, defaults too; a secret address is not hidden from root, who wrote it', async () => {
  const kiosk = await makeKiosk();
  const { config } = JSON.parse((await kiosk.run('config', 'check', '--json')).stdout) as {
    config: Record<string, unknown>;
  };
  expect(config).toMatchObject({ trust: { threshold: 1 }, log: { level: 'info' }, report: { syslog: true } });
});

test('without a configuration: what to do', async () => {
  const kiosk = await makeKiosk();
  rmSync(kiosk.layout.configFile);
  expect(await kiosk.run('config', 'check')).toMatchObject({ exitCode: 78 });
  writeFileSync(kiosk.layout.configFile, Buffer.from([0xff, 0xfe, 0x00]));
  expect((await kiosk.run('config', 'check')).stdout).toMatch(/expected TOML, found line 1/);
});
