/** A StickWatch in this process whose programs are inside a testbed, and what it has told. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StickWatch, type StickWatchOptions } from '../../../src/usb/detect/stick-watch.ts';
import type { Testbed } from '../emulator/testbed.ts';

export const usbEventsProgram = join(import.meta.dirname, '../../../dist/usb-events.js');

export interface Watched {
  readonly watch: StickWatch;
  /** `+ device serial` and `- device serial`, in order. */
  readonly told: string[];
  /** `level: text`, without what is only for debugging. */
  readonly said: string[];
  /** Names of back ends, each time one began to listen. */
  readonly listened: string[];
}

/** The back end under test is alone: /sys is glanced at and lsblk is asked so rarely that they find nothing by themselves. */
export const withoutPolling = { slowMs: 600_000, aloneMs: 600_000, glanceMs: 600_000 };

export function watched(testbed: Testbed | undefined, options: Partial<StickWatchOptions>): Watched {
  const told: string[] = [];
  const said: string[] = [];
  const listened: string[] = [];
  const { programs, ...others } = options;
  const watch = new StickWatch(
    {
      backEnds: [],
      slots: [],
      environment: { PATH: process.env['PATH'] ?? '', ...testbed?.environment },
      ...(testbed ? { sysFolder: testbed.sysFolder } : {}),
      ...others,
      programs: { usbEvents: [process.execPath, usbEventsProgram], ...programs },
    },
    {
      inserted: ({ device, serial }) => void told.push(`+ ${device} ${serial ?? '-'}`),
      removed: ({ device, serial }) => void told.push(`- ${device} ${serial ?? '-'}`),
      tell: (level, text) => {
        if (level === 'debug') listened.push(text.replace(/ listens$/, ''));
        else said.push(`${level}: ${text}`);
      },
    },
  );
  return { watch, told, said, listened };
}

/** Waits for what must come; the test's own time limit is the only one. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(20);
}

/** Process ids of the living children of `parent` by the text of their command line. */
export function childrenOf(parent: number, pattern: RegExp): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parentOf(pid) === parent && pattern.test(commandLine(pid)))
    .map(Number);
}

/** False for a corpse, too. */
export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s*[ZX]/m.test(proc(`${pid}/status`));
}

function parentOf(pid: string): number {
  return Number(/^PPid:\s*(\d+)/m.exec(proc(`${pid}/status`))?.[1]);
}

function commandLine(pid: string): string {
  return proc(`${pid}/cmdline`).replaceAll('\0', ' ');
}

function proc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}
