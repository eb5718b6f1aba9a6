import { flag, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { configAtWork } from '../node/config.ts';
import { receiveSms } from '../controller/receive-sms.ts';
import { json, layoutOf } from './options.ts';

/** Files are whole: gammu-smsd waits for its hook before it writes others. */
export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const swept = await receiveSms(layout, configAtWork(layout).config, Infinity);
  if (flag(input, 'json')) json(io, { schema: 'ferryman.sms-receive/1', ...swept });
  else
    io.out(
      `${counted(swept.taken, 'text')} taken, ${swept.known} here already, ${swept.unbelieved} not believed\n`,
    );
  return 0;
}
