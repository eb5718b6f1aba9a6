import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError, type ErrorCode } from '../errors.ts';
import { hashParcel, receiveFile } from '../inbox/inbox.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedgerForReading } from '../ledger/open.ts';
import { loadConfig } from '../node/config.ts';
import { updateJson } from './facts-json.ts';
import { exitOf, followUpdate, type Find } from './follow-update.ts';
import { channelOf, json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const channel = channelOf(input, 'usb');
  loadConfig(layout);
  const [path = ''] = input.args;
  const { digest, fileHash } = hashParcel(path, 'follow');
  const before = timesRefused(layout.ledgerFile, fileHash);
  await receiveFile(layout.inbox, channel, path, 'follow');
  io.err(`received by ${channel}, safe on disk\n`);

  const row = await followUpdate(layout, io, findByDigest(digest, fileHash, before));
  if (flag(input, 'json')) json(io, { schema: 'ferryman.apply/1', update: updateJson(row) });
  else io.out(`update ${row.sequence ?? '?'} "${row.title}": ${row.state}${row.reason ? `: ${row.reason}` : ''}\n`);
  return exitOf(row);
}

/** Finds the update, or throws the refusal that this very file has just met. */
function findByDigest(digest: string, fileHash: string, refusedBefore: number): Find {
  return (ledger: Ledger) => {
    const refusal = ledger.refusals.find(fileHash);
    if (refusal && refusal.times > refusedBefore) throw new FerrymanError(refusal.code as ErrorCode, refusal.reason);
    return ledger.updates.find(digest);
  };
}

function timesRefused(ledgerFile: string, fileHash: string): number {
  const ledger = openLedgerForReading(ledgerFile);
  try {
    return ledger.refusals.find(fileHash)?.times ?? 0;
  } finally {
    ledger.close();
  }
}
