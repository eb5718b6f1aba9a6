/** Lamp, hook and page together, as the daemon drives them. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Show } from '../../../src/usb/show/show.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { freePort } from './browser.ts';
import { phases } from './phases.ts';
import { ask, node, until } from './shown-page.ts';

afterAll(removeFolders);

test('lamp, hook and page tell the same visit, and all is as before when it is closed', async () => {
  const root = temporaryFolder();
  const lamp = join(root, 'sys/class/leds/ACT');
  mkdirSync(lamp, { recursive: true });
  const files = {
    trigger: 'none timer [mmc0]',
    brightness: '1',
    max_brightness: '1',
    delay_on: '',
    delay_off: '',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(lamp, name), text);
  const hook = join(root, 'hook');
  writeFileSync(hook, `#!/bin/sh\necho "$1 [$2] $(cat)" >>${root}/calls\n`);
  chmodSync(hook, 0o755);
  const port = await freePort();
  const told: string[] = [];
  const show = new Show({ root, node, led: 'ACT', command: [hook], port }, (warning) => told.push(warning));

  show.set(phases.reading);
  await until(() => readFileSync(join(lamp, 'delay_on'), 'utf8') === '100');
  await until(() => existsSync(join(root, 'calls')));
  show.set({ kind: 'failed', text: 'No \u001b[31mluck.', code: 'nonsense' });
  await until(() => readFileSync(join(root, 'calls'), 'utf8').split('\n').length > 2);
  await until(async () => (await ask(port, { path: '/state.json' }).catch(() => undefined))?.status === 200);
  const { body } = await ask(port, { path: '/state.json' });
  expect(JSON.parse(body)).toMatchObject({ kind: 'failed', code: 'U39' });
  expect(body).toContain('No \\\\u{1b}[31mluck.');
  expect(readFileSync(join(root, 'calls'), 'utf8')).toBe(
    'reading [] Update 2 of 3 is copied.\nfailed [U39] No \\u{1b}[31mluck.\n',
  );

  await show.close();
  expect(readFileSync(join(lamp, 'trigger'), 'utf8')).toBe('mmc0');
  await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
  expect(told).toEqual([]);
});

test('where lamp, program and port are all missing, a visit goes on and each is told once', async () => {
  const root = temporaryFolder();
  const port = await freePort();
  const told: string[] = [];
  const tell = (warning: string): void => void told.push(warning);
  const holder = new Show({ root, node, led: '', command: [], port }, tell);
  await until(async () => (await ask(port).catch(() => undefined))?.status === 200);
  const show = new Show({ root, node, led: 'ACT', command: ['/nowhere/bell'], port }, tell);
  for (const phase of Object.values(phases)) show.set(phase);
  await until(() => told.length >= 3);
  await show.close();
  await holder.close();
  const subjects = new Set(told.map((warning) => warning.split(':')[0]));
  expect(subjects).toEqual(new Set(['hook /nowhere/bell', 'lamp ACT', 'status page']));
  expect(told.length).toBe(3);
});

test('with nothing configured nothing is done', async () => {
  const told: string[] = [];
  const show = new Show({ root: temporaryFolder(), node, led: '', command: [], port: 0 }, (one) =>
    told.push(one),
  );
  for (const phase of Object.values(phases)) show.set(phase);
  await show.close();
  expect(told).toEqual([]);
});
