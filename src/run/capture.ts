/**
 * Captured output of a run: the first and the last of it, bounded whatever the script writes.
 *
 *   head          the first 256 KiB
 *   tail.0 tail.1 what follows, in segments of 256 KiB that take turns; the older one is overwritten
 *   cut           how many bytes were dropped between head and tail; absent while nothing was
 *
 * Written as it comes, so a runner that is killed loses nothing. A full disk loses output, never the run.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readSideFile } from './side-file.ts';

const segmentBytes = 256 * 1024;

/** The writing side, used by the runner. Never throws: a lost line of output must not harm the script. */
export class OutputWriter {
  readonly #folder: string;
  #segment = 'head';
  #fd: number | undefined;
  #segmentSize = 0;
  #dropped = 0;
  /** Bytes of each tail segment that is on disk, to count what an overwrite drops. */
  readonly #tailSizes = [0, 0];
  #tail = 1;

  constructor(folder: string) {
    this.#folder = folder;
    this.#open('head');
  }

  write(chunk: Buffer): void {
    for (let done = 0; done < chunk.length;) {
      if (this.#segmentSize === segmentBytes) this.#next();
      const piece = chunk.subarray(done, done + segmentBytes - this.#segmentSize);
      this.#append(piece);
      done += piece.length;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #next(): void {
    this.close();
    if (this.#segment !== 'head') this.#tailSizes[this.#tail] = this.#segmentSize;
    this.#tail = 1 - this.#tail;
    this.#dropped += this.#tailSizes[this.#tail] ?? 0;
    this.#tailSizes[this.#tail] = 0;
    if (this.#dropped > 0)
      ignoreFailure(() =>
        writeFileSync(
          join(this.#folder, 'cut'),
          JSON.stringify({ dropped: this.#dropped, newest: this.#tail }),
        ),
      );
    this.#open(`tail.${this.#tail}`);
  }

  #open(segment: string): void {
    this.#segment = segment;
    this.#segmentSize = 0;
    ignoreFailure(() => {
      this.#fd = openSync(join(this.#folder, segment), 'w', 0o600);
    });
  }

  #append(piece: Buffer): void {
    this.#segmentSize += piece.length;
    const fd = this.#fd;
    if (fd !== undefined) ignoreFailure(() => writeSync(fd, piece));
  }
}

/** Output is worth less than the run: a full or failing disk must not stop the script that writes it. */
function ignoreFailure(work: () => void): void {
  try {
    work();
  } catch {
    // Nothing to do, nobody to tell: the status file is what matters and has its room already.
  }
}

/** The captured output as one text; the cut is marked with the bytes that are missing. */
export function readOutput(folder: string): Buffer {
  const head = readSegment(folder, 'head');
  const { dropped, newest } = readCut(folder);
  const [older, newer] = newest === 0 ? ['tail.1', 'tail.0'] : ['tail.0', 'tail.1'];
  const mark = dropped > 0 ? [Buffer.from(`\n[… ${dropped} bytes of output cut here …]\n`)] : [];
  return Buffer.concat([head, ...mark, readSegment(folder, older), readSegment(folder, newer)]);
}

/** What a power cut has spoiled counts as no cut: the output that is there is shown all the same. */
function readCut(folder: string): { dropped: number; newest: number } {
  const none = { dropped: 0, newest: 1 };
  try {
    const text = readSegment(folder, 'cut').toString();
    return text === '' ? none : (JSON.parse(text) as { dropped: number; newest: number });
  } catch (error) {
    if (error instanceof SyntaxError) return none;
    throw error;
  }
}

function readSegment(folder: string, name: string): Buffer {
  return readSideFile(join(folder, name), 'first', segmentBytes)?.bytes ?? Buffer.alloc(0);
}
