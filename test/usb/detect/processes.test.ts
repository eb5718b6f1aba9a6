import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Testbed } from '../emulator/testbed.ts';
import { childrenOf, isRunning, until } from './watched.ts';
import { startWatchHost, type WatchHost } from './watch-host.ts';

let testbed: Testbed;
let folder: string;
let host: WatchHost | undefined;

beforeEach(async () => {
  testbed = await Testbed.start();
  folder = mkdtempSync(join(tmpdir(), 'ferryman-watch-'));
});

afterEach(async () => {
  host?.process.kill('SIGKILL');
  await testbed.close();
  rmSync(folder, { recursive: true });
});

const both = ['usb-detection', 'udevadm'] as const;

async function listening({ lines }: WatchHost): Promise<void> {
  await until(() => both.every((name) => lines.includes(`debug: ${name} listens`)));
}

it('when the process that watches is killed, its programs end', async () => {
  host = await startWatchHost(testbed, folder, { backEnds: both });
  await listening(host);
  const programs = childrenOf(host.process.pid ?? 0, /usb-events|udevadm/);
  expect(programs).toHaveLength(2);
  host.process.kill('SIGKILL');
  await until(() => !programs.some(isRunning));
});

it('stopped programs end with it, too, as soon as they go on', async () => {
  host = await startWatchHost(testbed, folder, { backEnds: both });
  await listening(host);
  const programs = childrenOf(host.process.pid ?? 0, /usb-events|udevadm/);
  for (const pid of programs) process.kill(pid, 'SIGSTOP');
  host.process.kill('SIGKILL');
  const [usbEvents = 0] = programs.filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('usb-events'),
  );
  expect(usbEvents).toBeGreaterThan(0);
  process.kill(usbEvents, 'SIGCONT');
  await until(() => !programs.some(isRunning));
});

/** `npm run soak:usb` makes more of it. */
const cycles = Number(process.env['FERRYMAN_PLUG_CYCLES'] ?? 200);

it(
  `${cycles} times plugged and pulled leave no descriptor, process, mount or memory behind`,
  { timeout: 60_000 + cycles * 2000 },
  async () => {
    const paces = { leastMs: 5, searchPauseMs: 20, laterPauseMs: 50, searchMs: 3000 };
    host = await startWatchHost(testbed, folder, { backEnds: both, paces });
    await listening(host);
    await plugAndPull(host, 30); // until everything has its size
    const before = await atRest(host);
    await plugAndPull(host, cycles);
    const after = await atRest(host);
    expect(after.programs).toEqual(before.programs);
    expect(after.descriptors).toBe(before.descriptors);
    expect(after.mounts).toBe(before.mounts);
    // Compiled code grows for the first hundreds of cycles, by about half of this, and then no more.
    expect(after.heapBytes - before.heapBytes).toBeLessThan(1_000_000);
    expect(host.lines.filter((line) => /^[+-]/.test(line))).toHaveLength(2 * (30 + cycles));
  },
);

async function plugAndPull({ lines }: WatchHost, times: number): Promise<void> {
  let expected = count(lines);
  for (let time = 0; time < times; time += 1) {
    await testbed.plug();
    expected += 1;
    await until(() => count(lines) >= expected);
    await testbed.unplug();
    expected += 1;
    await until(() => count(lines) >= expected);
  }
}

function count(lines: readonly string[]): number {
  return lines.filter((line) => /^[+-] /.test(line)).length;
}

/** Once the search is over, with no lsblk at work and both programs listening. */
async function atRest(watching: WatchHost) {
  const pid = watching.process.pid ?? 0;
  await sleep(4000);
  await until(() => childrenOf(pid, /lsblk/).length === 0 && childrenOf(pid, /./).length === 2);
  const programs = childrenOf(pid, /./).map((each) =>
    readFileSync(`/proc/${each}/cmdline`, 'latin1').replaceAll('\0', ' '),
  );
  return { ...(await watching.holdings()), programs: programs.toSorted() };
}
