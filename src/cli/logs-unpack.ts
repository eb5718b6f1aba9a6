import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { bytesInWords } from '../command-line/bytes.ts';
import { flag, text, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { wholeNumber } from '../command-line/values.ts';
import { FerrymanError } from '../errors.ts';
import { unpackArchive, type UnpackedLogs } from '../logs/unpack-archive.ts';
import { loadConfig } from '../node/config.ts';
import { listKeyFiles, loadTrust } from '../node/trust-store.ts';
import { formatLog, nameOfLog } from '../parcel/log-archive.ts';
import type { NodeTrust } from '../verify/enrolled.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const output = resolve(text(input, 'output') ?? '');
  const unpacked = await unpackArchive(resolve(input.args[0] ?? ''), output, trustOf(input, io));
  const { manifest, digest, isProven, files, bytes } = unpacked;
  if (flag(input, 'json'))
    json(io, {
      schema: 'ferryman.logs-unpack/1',
      digest,
      verified: isProven,
      manifest: JSON.parse(formatLog(manifest).toString()) as object,
      folder: output,
      files,
      bytes,
    });
  else io.out(inWords(unpacked, output));
  return 0;
}

/** The keys that are named, else those of the node that stands here, else none. */
function trustOf(input: Input, io: Io): NodeTrust | undefined {
  const folder = text(input, 'keys');
  if (folder !== undefined) {
    const keys = listKeyFiles({ keys: resolve(folder) }).map(({ key }) => {
      if (key instanceof FerrymanError) throw key;
      return key;
    });
    const threshold = wholeNumber('--threshold', text(input, 'threshold') ?? '', 1);
    return { trust: { keys, threshold }, revoked: [] };
  }
  const layout = layoutOf(input, io);
  if (!existsSync(layout.configFile)) return undefined;
  return { trust: loadTrust(layout, loadConfig(layout).trust.threshold), revoked: [] };
}

function inWords({ manifest, isProven, files, bytes }: UnpackedLogs, output: string): string {
  return [
    `archive ${nameOfLog(manifest)} (${manifest.class}), made ${manifest.created} by the clock of the node`,
    isProven
      ? '  signed by the node, which the office has enrolled'
      : '  SIGNATURES NOT CHECKED: give --keys, or do it on a node',
    `  ${counted(files.length, 'file')}, ${bytesInWords(bytes)}, in ${output}`,
    '',
  ].join('\n');
}
