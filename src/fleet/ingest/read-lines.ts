/** Lines of a file that came from a node: bounded in length and number, whatever stands there. */
import { createReadStream, existsSync } from 'node:fs';

export interface LineLimits {
  readonly maxLineBytes: number;
  readonly maxLines: number;
  /** Of all lines. */
  readonly maxBytes: number;
}

/**
 * Yields each line with its number from 0, without its line feed; `undefined` in place of one that is too long, and once for all that are
 * too many. A file that is not there has no lines. Memory: a line.
 */
export async function* readLines(
  path: string,
  { maxLineBytes, maxLines, maxBytes }: LineLimits,
): AsyncGenerator<{ readonly number: number; readonly bytes: Buffer | undefined }> {
  if (!existsSync(path)) return;
  let number = 0;
  let pieces: Buffer[] = [];
  let length = 0;
  const line = (): { number: number; bytes: Buffer | undefined } => {
    const bytes = length > maxLineBytes ? undefined : Buffer.concat(pieces);
    pieces = [];
    length = 0;
    return { number: number++, bytes };
  };
  for await (const chunk of createReadStream(path, { end: maxBytes }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      if (number >= maxLines) {
        yield { number, bytes: undefined };
        return;
      }
      length += end - from;
      if (length <= maxLineBytes) pieces.push(chunk.subarray(from, end));
      yield line();
      from = end + 1;
    }
    length += chunk.length - from;
    if (length <= maxLineBytes) pieces.push(chunk.subarray(from));
    else pieces = [];
  }
  if (length > 0) yield number >= maxLines ? { number, bytes: undefined } : line();
}
