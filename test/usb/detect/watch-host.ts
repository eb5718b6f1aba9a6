/** Starts the program in watch-host/, bundled into a folder of the test's. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { rolldown } from 'rolldown';
import type { StickWatchOptions } from '../../../src/usb/detect/stick-watch.ts';
import type { Testbed } from '../emulator/testbed.ts';
import { until, usbEventsProgram } from './watched.ts';
import type { Holdings } from './watch-host/main.ts';

export interface WatchHost {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** All lines so far. */
  readonly lines: string[];
  holdings(): Promise<Holdings>;
}

export async function startWatchHost(
  testbed: Testbed,
  folder: string,
  options: Pick<StickWatchOptions, 'backEnds' | 'paces'>,
): Promise<WatchHost> {
  const file = join(folder, 'watch-host.mjs');
  const build = await rolldown({ input: join(import.meta.dirname, 'watch-host/main.ts'), platform: 'node' });
  await build.write({ file, format: 'es' });
  await build.close();
  const environment = { PATH: process.env['PATH'] ?? '', ...testbed.environment };
  const whole: StickWatchOptions = {
    slots: [],
    environment,
    pauses: { firstMs: 50, longestMs: 200, steadyMs: 60_000 },
    programs: { usbEvents: [process.execPath, usbEventsProgram] },
    ...options,
  };
  const host = spawn(process.execPath, ['--expose-gc', file, JSON.stringify(whole)], {
    env: environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: host.stdout }).on('line', (line) => lines.push(line));
  return { process: host, lines, holdings: () => ask(host, lines) };
}

async function ask(host: WatchHost['process'], lines: string[]): Promise<Holdings> {
  const before = lines.length;
  host.stdin.write('\n');
  const answer = () => lines.slice(before).find((line) => line.startsWith('{'));
  await until(() => answer() !== undefined);
  return JSON.parse(answer() ?? '') as Holdings;
}
