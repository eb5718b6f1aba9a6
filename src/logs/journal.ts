/**
 * What systemd's journal has gained since a cursor, in its export format, cut behind a whole entry.
 * Format: systemd.io/JOURNAL_EXPORT_FORMATS; journalctl(1).
 */
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { writeAll } from '../durable/write-file.ts';
import { systemPath } from '../host/system-path.ts';
import { CutEntry } from './cut-entry.ts';

export interface JournalOrder {
  /** Of the last entry that went into an archive; `undefined`: from the beginning. */
  readonly cursor: string | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** The PATH on which journalctl is looked for; only a test has another one. */
  readonly path?: string;
}

export interface JournalShare {
  readonly bytes: number;
  /** Of the last entry that was written. */
  readonly cursor: string | undefined;
  /** The journal has more. */
  readonly isCut: boolean;
  /** Why journalctl gave nothing, or not all, for a person. */
  readonly problem: string | undefined;
}

/** Where journald keeps a journal, or `undefined`: there is none, or nothing to read it with. */
export function journalFolder(root: string, path = systemPath): string | undefined {
  if (!path.split(':').some((folder) => existsSync(join(folder, 'journalctl')))) return undefined;
  return ['var/log/journal', 'run/log/journal']
    .map((name) => join(root, name))
    .find((one) => existsSync(one));
}

/** Writes entries into a file. */
export async function exportJournal(
  file: string,
  folder: string,
  order: JournalOrder,
): Promise<JournalShare> {
  const { cursor, maxBytes, signal, path = systemPath } = order;
  const journalctl = execa(
    'journalctl',
    [
      '--no-pager',
      '-q',
      '-o',
      'export',
      '-D',
      folder,
      ...(cursor === undefined ? [] : ['--after-cursor', cursor]),
    ],
    {
      env: { PATH: path, LANG: 'C.UTF-8' },
      extendEnv: false,
      cwd: '/',
      stdin: 'ignore',
      buffer: { stdout: false, stderr: true },
      maxBuffer: 4096,
      encoding: 'buffer',
      reject: false,
      cancelSignal: signal,
      forceKillAfterDelay: 2000,
    },
  );
  const entries = new ExportReader(maxBytes);
  const fd = openSync(file, 'w', 0o600);
  try {
    for await (const chunk of journalctl.stdout as AsyncIterable<Buffer>) {
      for (const piece of entries.take(chunk)) writeAll(fd, piece);
      if (entries.isFull) break;
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
    journalctl.kill('SIGTERM');
  }
  const { exitCode, stderr, originalMessage } = await journalctl;
  const isOwnEnd = entries.isFull || exitCode === 0;
  return {
    bytes: entries.bytes,
    cursor: entries.cursor ?? cursor,
    isCut: entries.isFull,
    problem: isOwnEnd
      ? undefined
      : Buffer.from(stderr ?? '')
          .toString()
          .trim()
          .split('\n')
          .at(-1) ||
        originalMessage ||
        'it failed',
  };
}

/** Finds where entries end: a field may hold any bytes, empty lines too. */
export class ExportReader {
  readonly #maxBytes: number;
  /** Of the entry that has not ended yet. */
  #held: Buffer = Buffer.alloc(0);
  /** The entry that is too large to be held. */
  #cut: CutEntry | undefined;
  #at = 0;
  #seenCursor: string | undefined;
  bytes = 0;
  isFull = false;
  /** Of the last whole entry. */
  cursor: string | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The whole entries that end in a chunk. */
  *take(chunk: Buffer): Generator<Buffer> {
    let rest = chunk;
    while (rest.length > 0 && !this.isFull) {
      if (this.#cut) {
        rest = rest.subarray(this.#cut.take(rest));
        yield* this.#endCut(this.#cut);
        continue;
      }
      this.#held = Buffer.concat([this.#held, rest]);
      rest = Buffer.alloc(0);
      yield* this.#wholeEntries();
      if (this.isFull || this.#held.length <= this.#maxBytes) continue;
      // One entry larger than all there is room for: the next archive begins with it, and has what fits of it.
      if (this.bytes > 0) this.isFull = true;
      else {
        this.#cut = new CutEntry(this.#maxBytes / 2);
        [rest, this.#held, this.#at] = [this.#held, Buffer.alloc(0), 0];
      }
    }
  }

  *#wholeEntries(): Generator<Buffer> {
    for (;;) {
      const end = this.#endOfEntry();
      if (end === undefined || (end > this.#maxBytes && this.bytes === 0)) return;
      if (this.bytes + end > this.#maxBytes) {
        this.isFull = true;
        return;
      }
      yield this.#held.subarray(0, end);
      this.bytes += end;
      this.cursor = this.#seenCursor;
      this.#held = this.#held.subarray(end);
      this.#at = 0;
    }
  }

  *#endCut(cut: CutEntry): Generator<Buffer> {
    if (!cut.isWhole) return;
    this.#cut = undefined;
    const { entry } = cut;
    yield entry;
    this.bytes += entry.length;
    this.cursor = cut.cursor ?? this.cursor;
  }

  /** Reads on field by field; where it stopped is remembered. */
  #endOfEntry(): number | undefined {
    const held = this.#held;
    for (;;) {
      const lineEnd = held.indexOf(0x0a, this.#at);
      if (lineEnd === -1) return undefined;
      if (lineEnd === this.#at) return lineEnd + 1;
      const line = held.subarray(this.#at, lineEnd);
      if (line.includes(0x3d)) {
        if (line.subarray(0, 9).equals(cursorField)) this.#seenCursor = line.subarray(9).toString('latin1');
        this.#at = lineEnd + 1;
        continue;
      }
      // A name alone: eight bytes of length, so many bytes, and a line feed follow.
      if (held.length < lineEnd + 9) return undefined;
      const end = lineEnd + 9 + Number(held.readBigUInt64LE(lineEnd + 1)) + 1;
      if (held.length < end) return undefined;
      this.#at = end;
    }
  }
}

const cursorField = Buffer.from('__CURSOR=');
