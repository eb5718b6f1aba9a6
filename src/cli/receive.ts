import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { receiveFile, storeInInbox } from '../inbox/inbox.ts';
import { configAtWork } from '../node/config.ts';
import { channelOf, json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const channel = channelOf(input);
  configAtWork(layout); // also while it is broken: what comes may mend it
  const [source = ''] = input.args;
  const stored =
    source === '-'
      ? await storeInInbox(layout.inbox, channel, io.stdin as AsyncIterable<Buffer>)
      : await receiveFile(layout.inbox, channel, source, 'follow');
  if (flag(input, 'json')) json(io, { schema: 'ferryman.receive/1', fileHash: stored.fileHash, channel });
  else io.out(`received by ${channel}, safe on disk: ${stored.fileHash.slice(0, 16)}\n`);
  return 0;
}
