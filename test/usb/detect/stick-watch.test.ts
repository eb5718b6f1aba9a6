import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackEndName } from '../../../src/usb/detect/back-ends.ts';
import { Testbed } from '../emulator/testbed.ts';
import { childrenOf, until, usbEventsProgram, watched, withoutPolling, type Watched } from './watched.ts';

let testbed: Testbed;
let folder: string;
let open: Watched[];

beforeEach(async () => {
  testbed = await Testbed.start();
  folder = mkdtempSync(join(tmpdir(), 'ferryman-usb-'));
  open = [];
});

afterEach(async () => {
  for (const { watch } of open) await watch.close();
  await testbed.close();
  rmSync(folder, { recursive: true });
});

function watching(options: Parameters<typeof watched>[1]): Watched {
  const started = watched(testbed, options);
  open.push(started);
  started.watch.start();
  return started;
}

const quickSearch = { searchMs: 500, searchPauseMs: 50, laterPauseMs: 50, settleMs: 300 };

/**
 * Waits until a back end listens, for the `times`-th time, and the search that this causes is over: what is found then is
 * found by an event.
 *
 * @returns the process id of its program
 */
async function ready({ listened }: Watched, name: BackEndName, times = 1): Promise<number> {
  await until(() => listened.filter((each) => each === name).length === times);
  await sleep(quickSearch.searchMs + 200);
  return childrenOf(process.pid, programs[name])[0] ?? 0;
}

const programs = { 'usb-detection': /usb-events\.js/, udevadm: /udevadm monitor/ } as const;

describe.each(['usb-detection', 'udevadm'] as const)('%s', (name) => {
  it('tells of a stick once when it is plugged, and once when it is pulled', async () => {
    const started = watching({ backEnds: [name], paces: { ...withoutPolling, ...quickSearch } });
    const { told, watch } = started;
    await ready(started, name);
    await testbed.plug();
    await until(() => told.length > 0);
    expect(watch.sticks).toMatchObject([
      { device: '/dev/sdz1', serial: '4C530001', sizeBytes: 32 * 1024 * 1024 },
    ]);
    await sleep(700);
    await testbed.unplug();
    await until(() => told.length > 1);
    await sleep(700);
    expect(told).toEqual(['+ /dev/sdz1 4C530001', '- /dev/sdz1 4C530001']);
    expect(watch.sticks).toEqual([]);
  });

  it('is started again when it is killed, with growing pauses, and then notices again', async () => {
    const started = watching({
      backEnds: [name],
      paces: { ...withoutPolling, ...quickSearch },
      pauses: { firstMs: 20, longestMs: 80, steadyMs: 600_000 },
    });
    const { told, said } = started;
    for (const round of [1, 2, 3, 4]) {
      process.kill(await ready(started, name, round), 'SIGKILL');
      await until(() => said.length === round);
    }
    await ready(started, name, 5);
    expect(said).toEqual(
      ['0.02', '0.04', '0.08', '0.08'].map(
        (seconds) => `info: ${name} has ended (SIGKILL); it is started again in ${seconds} s`,
      ),
    );
    await testbed.plug();
    await until(() => told.length === 1);
  });

  it('that has lived long enough starts over with the shortest pause', async () => {
    const started = watching({
      backEnds: [name],
      paces: { ...withoutPolling, ...quickSearch },
      pauses: { firstMs: 20, longestMs: 80, steadyMs: 10 },
    });
    const { said } = started;
    for (const round of [1, 2]) {
      process.kill(await ready(started, name, round), 'SIGKILL');
      await until(() => said.length === round);
    }
    expect(said[1]).toContain('again in 0.02 s');
  });
});

it('a stick pulled before its event is read crashes usb-detection, and the next stick is noticed', async () => {
  const started = watching({
    backEnds: ['usb-detection'],
    paces: { ...withoutPolling, ...quickSearch },
    pauses: { firstMs: 20, longestMs: 80, steadyMs: 60_000 },
  });
  const { told, said } = started;
  const pid = await ready(started, 'usb-detection');
  process.kill(pid, 'SIGSTOP');
  await testbed.plug();
  await testbed.unplug();
  process.kill(pid, 'SIGCONT');
  await until(() => said.length === 1);
  expect(said[0]).toContain('usb-detection has ended (SIGSEGV)');
  await ready(started, 'usb-detection', 2);
  await testbed.plug();
  await until(() => told.length === 1);
});

it('without the module usb-detection is off, which is said once, and glances go on', async () => {
  copyFileSync(usbEventsProgram, join(folder, 'usb-events.js'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { told, said } = watching({
    backEnds: ['usb-detection'],
    programs: { usbEvents: [process.execPath, join(folder, 'usb-events.js')] },
    paces: { ...withoutPolling, glanceMs: 100, ...quickSearch },
    pauses: { firstMs: 20, longestMs: 80, steadyMs: 60_000 },
  });
  await until(() => said.length === 1);
  await sleep(1500);
  await testbed.plug();
  await until(() => told.length === 1);
  expect(said).toEqual([expect.stringMatching(/^info: usb-detection is not used: Cannot find package/)]);
});

it.each([
  ['a ferryman without usb-detection', 'usb-detection', { usbEvents: undefined }, 'comes without it'],
  ['no udevadm', 'udevadm', { udevadm: '/nowhere/udevadm' }, '/nowhere/udevadm cannot be started'],
  ['no setpriv', 'udevadm', { setpriv: '/nowhere/setpriv' }, 'cannot be started'],
] as const)('%s: said once, and glances go on', async (_, name, without, why) => {
  const { told, said } = watching({
    backEnds: [name],
    programs: { usbEvents: [process.execPath, usbEventsProgram], ...without },
    paces: { ...withoutPolling, glanceMs: 100, ...quickSearch },
    pauses: { firstMs: 20, longestMs: 80, steadyMs: 60_000 },
  });
  await until(() => said.length === 1);
  await sleep(1000);
  await testbed.plug();
  await until(() => told.length === 1);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(why);
});

it.each([
  ['lsblk', { slowMs: 200 }],
  ['a glance', { glanceMs: 200 }],
])('%s alone notices plug, pull, and a stick that was put back between two looks', async (_, pace) => {
  const { told, watch } = watching({ paces: { ...withoutPolling, ...quickSearch, ...pace } });
  await testbed.plug();
  await until(() => told.length === 1);
  const first = watch.sticks[0]?.insertion;
  await testbed.unplug();
  await testbed.plug();
  await until(() => told.length === 3);
  expect(watch.sticks[0]?.insertion).not.toBe(first);
  await testbed.unplug();
  await until(() => told.length === 4);
  expect(told.map((each) => each[0])).toEqual(['+', '-', '+', '-']);
});

it.each([
  ['rarely while udevadm listens and udevd is there', '/dev/null', '/nowhere', 'rarely'],
  ['rarely where glances tell of changes', '/nowhere', 'sys', 'rarely'],
  ['often without udevd where glances cannot be taken', '/nowhere', '/nowhere', 'often'],
])('lsblk is asked %s', async (_, udevSocket, sysFolder, expected) => {
  const lsblk = join(folder, 'lsblk');
  writeFileSync(lsblk, `#!/bin/sh\necho >>${folder}/asked\necho '{"blockdevices":[]}'\n`, { mode: 0o755 });
  mkdirSync(join(folder, 'sys/class/block'), { recursive: true });
  const paces = { slowMs: 600_000, aloneMs: 50, ...quickSearch, leastMs: 20 };
  const started = watching({
    backEnds: ['udevadm'],
    udevSocket,
    sysFolder: resolve(folder, sysFolder),
    programs: { usbEvents: undefined, lsblk },
    paces,
  });
  await ready(started, 'udevadm');
  const asked = () => statSync(join(folder, 'asked')).size;
  const before = asked();
  await sleep(1500);
  expect(asked() - before > 3 ? 'often' : 'rarely').toBe(expected);
});

it('two sticks at once are two, whichever is told first', async () => {
  const started = watching({ backEnds: ['usb-detection', 'udevadm'], paces: quickSearch });
  const { told } = started;
  await Promise.all([ready(started, 'usb-detection'), ready(started, 'udevadm')]);
  await testbed.plug();
  await testbed.plug({ name: 'sdy', serial: 'OTHER' });
  await until(() => told.length === 2);
  await testbed.unplug('sdz');
  await until(() => told.length === 3);
  expect(told.toSorted()).toEqual(['+ /dev/sdy1 OTHER', '+ /dev/sdz1 4C530001', '- /dev/sdz1 4C530001']);
});

it('a stick whose disk comes long after its event is found by searching', async () => {
  const started = watching({
    backEnds: ['usb-detection'],
    paces: { ...withoutPolling, searchMs: 30_000, searchPauseMs: 50, laterPauseMs: 100 },
  });
  const { told } = started;
  await ready(started, 'usb-detection');
  await testbed.plugUsb();
  await sleep(1200);
  expect(told).toEqual([]);
  await testbed.plugDisk();
  await until(() => told.length === 1);
});

it('a whole disk without a known file system is told of after a while, should no partition appear', async () => {
  const { told } = watching({ paces: { slowMs: 50, searchPauseMs: 50, settleMs: 500 } });
  await testbed.plug({ partitioned: false, fileSystem: undefined });
  await sleep(200);
  expect(told).toEqual([]);
  await until(() => told.length === 1);
  expect(told).toEqual(['+ /dev/sdz 4C530001']);
});

it('what is there at the start is told of, and nothing after the end', async () => {
  await testbed.plug();
  const { told, watch } = watching({ backEnds: ['udevadm', 'usb-detection'], paces: { slowMs: 50 } });
  await watch.lookNow();
  expect(told).toEqual(['+ /dev/sdz1 4C530001']);
  await watch.close();
  await testbed.unplug();
  await watch.lookNow();
  await sleep(300);
  expect(told).toHaveLength(1);
  expect(childrenOf(process.pid, /udevadm|usb-events|lsblk/)).toEqual([]);
});
