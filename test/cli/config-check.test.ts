/** `ferryman config check`: all problems at once, before a daemon meets them. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
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
