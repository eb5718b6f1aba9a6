/** Builds the real parts that the controller works with. */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context, ControllerEvent } from '../controller/context.ts';
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import { takeLock, type Lock } from '../host/lock.ts';
import { openLedger } from '../ledger/open.ts';
import { loadConfig } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { fileSink } from '../report/sinks.ts';

/** The folder of the built program: runner.js and bin/ stand in it. */
const programFolder = builtFolder(dirname(fileURLToPath(import.meta.url)));

/** Bundled code stands in `dist/` or `dist/chunks/`; sources, as tests import them, in `src/cli/`. */
function builtFolder(here: string): string {
  if (here.endsWith('/chunks')) return dirname(here);
  return here.endsWith('/src/cli') ? join(here, '../../dist') : here;
}

/** How long a lock that is only looked at, or that a process just gives up, is waited out. */
const lockWaitMs = 1000;

/** What a command needs to tell and to stop. */
export interface ContextNeeds {
  readonly tell: (event: ControllerEvent) => void;
}

/** Takes the root's lock and opens its ledger for writing; `undefined` when another ferryman holds the lock. */
export function openContext(
  layout: Layout,
  { tell }: ContextNeeds,
): { readonly context: Context; close(): void } | undefined {
  const config = loadConfig(layout);
  const lock = takeLock(layout.lockFile, lockWaitMs);
  if (!lock) return undefined;
  return { ...withLedger(layout, config, lock, tell) };
}

function withLedger(
  layout: Layout,
  config: Context['config'],
  lock: Lock,
  tell: Context['tell'],
): { context: Context; close(): void } {
  let ledger;
  try {
    ledger = openLedger(layout.ledgerFile);
  } catch (error) {
    lock.release();
    throw error;
  }
  const open = ledger;
  const context: Context = {
    layout,
    config,
    ledger: open,
    host: {
      now: () => formatTimestamp(Date.now()),
      uptimeSeconds: readUptimeSeconds,
      bootId: readBootId(),
      pid: process.pid,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    },
    runner: { interpreter: process.execPath, file: join(programFolder, 'runner.js') },
    programs: [join(programFolder, 'bin'), dirname(process.execPath)],
    sinks: [fileSink(config.report.shortLogFile)],
    tell,
  };
  return {
    context,
    close: () => {
      open.close();
      lock.release();
    },
  };
}

/** An event as one line for a terminal or a journal. */
export function eventLine({ level, subject, text }: ControllerEvent): string {
  return `${level === 'info' ? '' : `${level}: `}${subject}: ${text}\n`;
}
