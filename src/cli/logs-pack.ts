import { randomBytes } from 'node:crypto';
import { bytesInWords } from '../command-line/bytes.ts';
import { flag, text, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import { openLedgerBeside } from '../ledger/open.ts';
import { contactsOf } from '../flood/contact-source.ts';
import { packLong, packShort, withPackingLock, type PackedArchive, type Packing } from '../logs/pack-logs.ts';
import { notePacked } from '../logs/schedule.ts';
import { loadSigner } from '../logs/signer.ts';
import { configAtWork } from '../node/config.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const { config } = configAtWork(layout);
  const signer = await loadSigner(layout, config.node);
  const ledger = openLedgerBeside(layout.ledgerFile);
  const packing: Packing = {
    layout,
    config,
    ledger,
    signer,
    contacts: contactsOf(ledger),
    now: () => formatTimestamp(Date.now()),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    signal: io.stop,
  };
  try {
    const packed = await withPackingLock(layout, () => pack(packing, text(input, 'class') === 'short'));
    if (flag(input, 'json')) json(io, { schema: 'ferryman.logs-pack/1', archives: packed });
    else io.out(packed.length === 0 ? 'nothing is new\n' : packed.map(inWords).join(''));
    return 0;
  } catch (error) {
    if (!io.stop.aborted) throw error;
    io.err('ferryman: stopped; nothing is lost, the next archive goes on from here\n');
    return stoppedExit;
  } finally {
    ledger.close();
  }
}

/** EX_TEMPFAIL, sysexits.h. */
const stoppedExit = 75;

async function pack(packing: Packing, isShort: boolean): Promise<PackedArchive[]> {
  if (isShort) return [packShort(packing) ?? []].flat();
  const packed: PackedArchive[] = [];
  for await (const one of packLong(packing)) packed.push(one);
  notePacked(packing.ledger, {
    at: packing.now(),
    bootId: readBootId(),
    uptimeSeconds: readUptimeSeconds(),
  });
  return packed;
}

function inWords(one: PackedArchive): string {
  const contents =
    one.class === 'short'
      ? 'outcomes and contacts'
      : `${bytesInWords(one.rawBytes)} of ${counted(one.logFiles, 'log file')}`;
  return [
    `archive ${one.sequence} (${one.class}): ${bytesInWords(one.bytes)}, ${contents}`,
    ...one.dropped.map((sequence) => `  archive ${sequence} was dropped undelivered to make room`),
    ...(one.journalProblem === undefined ? [] : [`  the journal could not be read: ${one.journalProblem}`]),
    ...Object.entries(one.skipped).map(([why, count]) => `  passed over: ${count} ${why}`),
    '',
  ].join('\n');
}
