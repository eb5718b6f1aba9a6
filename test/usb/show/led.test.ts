/** The lamp on a folder of files that looks like /sys/class/leds. A real one answers with the kernel's words, files answer with ours. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lampPatterns, type LampPatterns } from '../../../src/usb/show/lamp.ts';
import { Led } from '../../../src/usb/show/led.ts';
import { isLedName } from '../../../src/usb/show/led-name.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';
import { phases } from './phases.ts';

afterAll(removeFolders);

/** Quick ones, where our own steps are waited for. */
const quick: LampPatterns = {
  ...lampPatterns,
  safe: { litMs: 3, darkMs: 3 },
  failed: { longMs: 3, flashMs: 3, pauseMs: 3 },
};

interface Fake {
  readonly root: string;
  readonly folder: string;
  readonly told: string[];
  readonly read: (name: string) => string;
  readonly led: (patterns?: LampPatterns) => Led;
}

function fakeLed(files: Readonly<Record<string, string>>): Fake {
  const root = temporaryFolder();
  const folder = join(root, 'sys/class/leds/green:status');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`);
  const told: string[] = [];
  return {
    root,
    folder,
    told,
    read: (name) => readFileSync(join(folder, name), 'utf8').trim(),
    led: (patterns = lampPatterns) =>
      new Led({ name: 'green:status', patterns }, root, (problem) => told.push(problem)),
  };
}

const withTimer = {
  trigger: 'none usb-gadget [heartbeat] timer oneshot',
  brightness: '0',
  max_brightness: '255',
  delay_on: '',
  delay_off: '',
};
const withoutTimer = { trigger: '[none] mmc0 cpu0', brightness: '40', max_brightness: '255' };

describe('a lamp that the kernel can blink', () => {
  test('is left to it, as bright as it can', async () => {
    const fake = fakeLed(withTimer);
    const led = fake.led();
    led.set(phases.reading);
    await until(() => fake.read('delay_off') === '100');
    expect(['trigger', 'brightness', 'delay_on'].map(fake.read)).toEqual(['timer', '255', '100']);
    led.set(phases.safe);
    await until(() => fake.read('delay_off') === '1000');
    expect(fake.read('delay_on')).toBe('1000');
    await led.close();
    expect(fake.told).toEqual([]);
  });

  test('is as it was when the key is gone: trigger and brightness', async () => {
    const fake = fakeLed(withTimer);
    const led = fake.led();
    led.set(phases.reading);
    await until(() => fake.read('delay_off') === '100');
    led.set(phases.nothing);
    await until(() => fake.read('trigger') === 'heartbeat');
    expect(fake.read('brightness')).toBe('0');
    await led.close();
  });

  test('that blinked by itself before does so again, at its own pace', async () => {
    const fake = fakeLed({ ...withTimer, trigger: 'none [timer]', delay_on: '70', delay_off: '930' });
    const led = fake.led();
    led.set(phases.plugged);
    await until(() => fake.read('delay_off') === '100');
    await led.close();
    expect(['trigger', 'delay_on', 'delay_off'].map(fake.read)).toEqual(['timer', '70', '930']);
  });

  test('that still blinks for a daemon that was killed is not taken for one that did so by itself', async () => {
    const fake = fakeLed({ ...withTimer, trigger: 'none [timer]', delay_on: '100', delay_off: '100' });
    const led = fake.led();
    led.set(phases.nothing);
    await until(() => fake.read('trigger') === 'default');
    await led.close();
    expect(fake.told).toEqual([]);
  });
});

describe('a lamp that the kernel cannot blink', () => {
  test('is switched on and off, and is as it was afterwards', async () => {
    const fake = fakeLed(withoutTimer);
    const led = fake.led(quick);
    led.set(phases.safe);
    for (const brightness of ['255', '0', '255', '0'])
      await until(() => fake.read('brightness') === brightness);
    expect(fake.read('trigger')).toBe('none');
    await led.close();
    expect(fake.read('brightness')).toBe('40');
    expect(readdirSync(fake.folder).toSorted()).toEqual(['brightness', 'max_brightness', 'trigger']);
  });

  test('shows the newest of many phases that come at once', async () => {
    const fake = fakeLed(withoutTimer);
    const led = fake.led({ ...quick, done: { litMs: 100_000, darkMs: 100_000 } });
    for (let round = 0; round < 50; round++)
      for (const kind of ['plugged', 'reading', 'safe', 'running'] as const) led.set(phases[kind]);
    led.set(phases.done);
    await until(() => fake.read('brightness') === '255');
    await led.close();
    expect(fake.read('brightness')).toBe('40');
  });
});

test('where the kernel offers to blink and then refuses, we do it, and make no files of our own', async () => {
  const { delay_on: _on, delay_off: _off, ...withoutDelays } = withTimer;
  const fake = fakeLed(withoutDelays);
  const led = fake.led(quick);
  led.set(phases.safe);
  for (const brightness of ['255', '0', '255']) await until(() => fake.read('brightness') === brightness);
  expect(fake.read('trigger')).toBe('none');
  await led.close();
  expect(fake.read('trigger')).toBe('heartbeat');
  expect(readdirSync(fake.folder).toSorted()).toEqual(['brightness', 'max_brightness', 'trigger']);
  expect(fake.told).toEqual([]);
});

test('the digits of a code are counted out by us, whatever the kernel can', async () => {
  const fake = fakeLed(withTimer);
  const led = fake.led(quick);
  led.set(phases.failed);
  for (const brightness of ['255', '0', '255', '0'])
    await until(() => fake.read('brightness') === brightness);
  expect(fake.read('trigger')).toBe('none');
  await led.close();
  expect(fake.read('trigger')).toBe('heartbeat');
});

describe('a lamp that cannot be driven', () => {
  test('because it is not there is told once, and nothing is made in its place', async () => {
    const fake = fakeLed(withTimer);
    rmSync(fake.folder, { recursive: true });
    const led = fake.led();
    for (const phase of Object.values(phases)) {
      led.set(phase);
      await pause(20);
    }
    await led.close();
    expect(fake.told).toEqual([expect.stringMatching(/^lamp green:status: ENOENT/)]);
    expect(existsSync(fake.folder)).toBe(false);
  });

  test('because it goes in the middle is told once', async () => {
    const fake = fakeLed(withoutTimer);
    const led = fake.led(quick);
    led.set(phases.safe);
    await until(() => fake.read('brightness') === '255');
    rmSync(fake.folder, { recursive: true });
    await until(() => fake.told.length > 0);
    led.set(phases.reading);
    await led.close();
    expect(fake.told.length).toBe(1);
  });

  test('because there is none is nothing to be told', async () => {
    const told: string[] = [];
    const led = new Led({ name: '', patterns: lampPatterns }, temporaryFolder(), (problem) =>
      told.push(problem),
    );
    led.set(phases.reading);
    await led.close();
    expect(told).toEqual([]);
  });
});

test('a name of a lamp cannot lead out of its folder', () => {
  const good = ['led0', 'ACT', 'green:status', 'input3::capslock', 'rt2800usb-phy0::radio'];
  const bad = ['', '.', '..', '../../etc', 'a/b', 'a b', 'a\n', '-x'];
  expect([...good, ...bad].filter(isLedName)).toEqual(good);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); await pause(1))
    if (Date.now() > end) throw new Error('waited 20 s in vain');
}
