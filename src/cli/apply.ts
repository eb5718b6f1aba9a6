import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError, type ErrorCode } from '../errors.ts';
import { receiveFile, type ReceivedFile } from '../inbox/inbox.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { loadConfig } from '../node/config.ts';
import type { Layout } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { updateJson } from './facts-json.ts';
import { exitOf, followUpdate, type Find } from './follow-update.ts';
import { channelOf, json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const channel = channelOf(input, 'usb');
  loadTrust(layout, loadConfig(layout).threshold); // a daemon without keys would never come to it
  const [path = ''] = input.args;
  const refusedBefore = readRefusals(layout);
  const received = await receiveFile(layout.inbox, channel, path, 'follow');
  io.err(`received by ${channel}, safe on disk\n`);

  const row = await followUpdate(
    layout,
    io,
    findReceived(received, refusedBefore.get(received.fileHash) ?? 0),
  );
  if (flag(input, 'json')) json(io, { schema: 'ferryman.apply/1', update: updateJson(row) });
  else
    io.out(
      `update ${row.sequence ?? '?'} "${row.title}": ${row.state}${row.reason ? `: ${row.reason}` : ''}\n`,
    );
  return exitOf(row);
}

/** Finds the update, or throws the refusal that this very file has just met. */
function findReceived({ digest, fileHash }: ReceivedFile, refusedBefore: number): Find {
  return (ledger: Ledger) => {
    const refusal = ledger.refusals.find(fileHash);
    if (refusal && refusal.times > refusedBefore)
      throw new FerrymanError(refusal.code as ErrorCode, refusal.reason);
    return digest === undefined ? undefined : ledger.updates.find(digest);
  };
}

/** How often each file has been refused so far. */
function readRefusals(layout: Layout): ReadonlyMap<string, number> {
  return withLedger(
    layout,
    (ledger) => new Map(ledger.refusals.all().map(({ fileHash, times }) => [fileHash, times])),
  );
}
