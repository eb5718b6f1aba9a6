/** Builds the real parts that the controller works with. */
import { randomBytes } from 'node:crypto';
import type { Io } from '../command-line/io.ts';
import { version } from '../command-line/version.ts';
import type { FerrymanError } from '../errors.ts';
import { isSystemError } from '../errors.ts';
import type { Context, ControllerEvent } from '../controller/context.ts';
import { takeLock } from '../host/lock.ts';
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import { markAtWork } from '../status/at-work.ts';
import { openLedger } from '../ledger/open.ts';
import { configAtWork } from '../node/config.ts';
import { keepConfig } from '../node/keep-config.ts';
import type { Layout } from '../node/layout.ts';
import { printable } from '../parcel/printable.ts';
import type { SecretKey } from '../parcel/secret-key.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { makeSinks } from '../report/sinks/make-sinks.ts';
import { ownPrograms } from './own-programs.ts';

/** How long a lock that is only looked at, or that a process just gives up, is waited out. */
const lockWaitMs = 1000;

export interface Session {
  readonly context: Context;
  /** Why an earlier configuration is at work; `null`: that is not so. */
  readonly configProblem: FerrymanError | null;
  /** Closes the ledger and gives up the lock. */
  close(): void;
}

/** Who hears of the work. */
interface Listener extends Pick<Context, 'tell'>, Partial<Pick<Context, 'progress'>> {}

/**
 * Takes the root's lock and opens its ledger for writing; `undefined` when another ferryman holds the lock.
 * @throws FerrymanError `config.*`, `ledger.*`
 */
export function openSession(layout: Layout, io: Io, listener: Listener): Session | undefined {
  const { config, problem } = configAtWork(layout);
  const lock = takeLock(layout.lockFile, lockWaitMs);
  if (!lock) return undefined;
  try {
    const ledger = openLedger(layout.ledgerFile);
    markAtWork(ledger, io.program.pid);
    if (problem) listener.tell(aboutConfig(problem));
    else keepWithRoom(layout);
    const close = (): void => {
      ledger.close();
      lock.release();
    };
    const context = buildContext(layout, io, { config, ledger }, listener);
    return { context, configProblem: problem, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function aboutConfig({ message, code }: FerrymanError): ControllerEvent {
  return {
    level: 'error',
    subject: 'configuration',
    text: `${message} [${code}]\nthe last one that was in order is at work; see ferryman config check`,
  };
}

/** A full disk is no reason not to work. */
function keepWithRoom(layout: Layout): void {
  try {
    keepConfig(layout);
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
  }
}

function buildContext(
  layout: Layout,
  { program }: Io,
  { config, ledger }: Pick<Context, 'config' | 'ledger'>,
  { tell, progress = () => undefined }: Listener,
): Context {
  const host = {
    now: () => formatTimestamp(Date.now()),
    uptimeSeconds: readUptimeSeconds,
    bootId: readBootId(),
    pid: program.pid,
    randomHex: (bytes: number) => randomBytes(bytes).toString('hex'),
  };
  return {
    layout,
    config,
    ledger,
    host,
    ...ownPrograms(program, layout),
    sinks: makeSinks(config, layout.root, { ledger, host, identity: () => identityOf(layout) }),
    tell,
    keysAtWork: () => Promise.resolve(false),
    progress,
    version,
  };
}

/** An event for a terminal or a journal: one line, and further ones indented. File names in it may be anything. */
export function eventLine({ level, subject, text }: ControllerEvent): string {
  const lines = text.split('\n').map((line) => printable(line.trim()));
  return `${level === 'info' ? '' : `${level}: `}${printable(subject)}: ${lines.join('\n  ')}\n`;
}

/** Loaded where it is needed: with it comes the code of secret keys, for a node with a modem alone. */
async function identityOf(layout: Layout): Promise<SecretKey> {
  const { readIdentity } = await import('../enrol/own-node.ts');
  return readIdentity(layout);
}
