import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { syncFolder } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import { takeLock } from '../host/lock.ts';
import { makeLedger, openLedgerForReading } from '../ledger/open.ts';
import { loadConfig } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { readArchive, withVerified } from '../store/verified-file.ts';
import type { Trust } from '../verify/trust.ts';
import { layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const { baseline } = config.node;
  const trust = loadTrust(layout, config.trust.threshold);
  const lock = takeLock(layout.lockFile);
  if (!lock)
    throw new FerrymanError('lock.held', `${layout.lockFile}: expected no ferryman at work, found one`);
  try {
    refuseReadable(layout);
    const newest = await newestStored(layout, trust);
    if (newest > baseline)
      throw new FerrymanError(
        'config.invalid',
        `${layout.configFile}: node.baseline: expected at least ${newest}, the newest update that is stored here and may have run, found ${baseline}`,
      );
    const kept = keepOld(layout);
    makeLedger(layout.ledgerFile).close();
    io.out(
      `a new ledger is in place; nothing up to ${baseline} will run${kept ? `; the old one is ${kept}` : ''}\n`,
    );
    return 0;
  } finally {
    lock.release();
  }
}

/** A ledger that can be read, in all its pages, is never replaced. */
function refuseReadable({ ledgerFile }: Layout): void {
  try {
    const ledger = openLedgerForReading(ledgerFile);
    try {
      if (!ledger.isSound()) return;
    } finally {
      ledger.close();
    }
  } catch (error) {
    if (error instanceof FerrymanError && error.code !== 'ledger.version') return;
    throw error;
  }
  throw new FerrymanError(
    'output.exists',
    `${ledgerFile}: expected a lost or spoiled ledger, found one that can be read`,
  );
}

/** The newest sequence among the stored parcels; 0 when there is none. */
async function newestStored({ relayUpdates }: Layout, trust: Trust): Promise<number> {
  let newest = 0;
  for (const name of readdirSync(relayUpdates).filter((one) => one.endsWith('.zip'))) {
    newest = Math.max(newest, await sequenceOf(join(relayUpdates, name), trust));
  }
  return newest;
}

async function sequenceOf(path: string, trust: Trust): Promise<number> {
  try {
    const { manifest } = await withVerified(path, 'refuse', trust, readArchive);
    return manifest.sequence;
  } catch (error) {
    if (error instanceof FerrymanError) return 0; // not signed as this node demands: nothing that could have run
    throw error;
  }
}

/** Moves the old ledger away, with the files that belong to it. */
function keepOld({ ledgerFile, state }: Layout): string | undefined {
  if (!existsSync(ledgerFile)) return undefined;
  let number = 1;
  while (existsSync(`${ledgerFile}.lost-${number}`)) number += 1;
  const kept = `${ledgerFile}.lost-${number}`;
  for (const suffix of ['-wal', '-shm', ''])
    if (existsSync(ledgerFile + suffix)) renameSync(ledgerFile + suffix, kept + suffix);
  syncFolder(state);
  return kept;
}
