import { flag, type Input } from '../command-line/command.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { errorTable } from '../errors.ts';
import { loadConfig } from '../node/config.ts';
import { printable } from '../parcel/printable.ts';
import { checkStore } from '../proxy/check.ts';
import { proxyPlaces } from '../proxy/places.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  loadConfig(layout);
  const checked = await checkStore(proxyPlaces(layout), (archives) => {
    if (io.stderrIsTerminal && archives % 500 === 0) io.err(`\r${archives} archives`);
  });
  const { archives, bytes, problems } = checked;
  if (flag(input, 'json')) json(io, { schema: 'ferryman.proxy-check/1', ...checked });
  else {
    const verdict =
      problems.length === 0 ? 'all as they were acknowledged' : counted(problems.length, 'problem');
    io.out(`${counted(archives, 'archive')}, ${bytesInWords(bytes)}: ${verdict}\n`);
    for (const problem of problems) io.out(`  ${printable(problem)}\n`);
  }
  return problems.length === 0 ? 0 : errorTable['proxy.store-damaged'].exit;
}
