/** Cuts what a program writes into lines. A line longer than the limit is left out, whatever stands in it. */
import type { Readable } from 'node:stream';

/** Bytes; the lines that count are shorter. */
const maxLine = 4096;

export function onLines(stream: Readable, heard: (line: string) => void): void {
  let rest = '';
  let isTooLong = false;
  stream.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!isTooLong && line.length <= maxLine) heard(line);
      isTooLong = false;
    }
    if (rest.length > maxLine) {
      rest = '';
      isTooLong = true;
    }
  });
}
