/** How far the contents of log files went into archives. A stream is what was written to one file, wherever rotation has moved it. */
import type { Table } from './table.ts';

export interface LogStream {
  readonly stream: number;
  /** Below `var/log`, where it was seen last. */
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  /** The file is the stream compressed: offset and hashes are of what is inside. */
  readonly isUnpacked: boolean;
  /** Bytes of the stream that went into archives. */
  readonly offset: number;
  readonly headBytes: number;
  readonly headHash: string;
  readonly tailHash: string;
  /** Size and time of change of the file, as they were then. */
  readonly size: number;
  readonly mtime: string;
}

/** Streams whose file has gone are remembered, since it may come back compressed; the oldest are forgotten beyond so many. */
const keptStreams = 20_000;

export class LogStreams {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  all(): LogStream[] {
    return this.#table
      .rows('SELECT * FROM log_streams ORDER BY stream')
      .map((raw) => ({ ...raw, isUnpacked: raw['isUnpacked'] === 1 }) as unknown as LogStream);
  }

  next(): number {
    return ((this.#table.row('SELECT max(stream) AS last FROM log_streams')?.['last'] as number) ?? 0) + 1;
  }

  /** @param seen sequence of the archive */
  set(one: LogStream, seen: number): void {
    this.#table.write(
      `INSERT OR REPLACE INTO log_streams
         (stream, path, device, inode, is_unpacked, offset, head_bytes, head_hash, tail_hash, size, mtime, seen)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      one.stream,
      one.path,
      one.device,
      one.inode,
      one.isUnpacked ? 1 : 0,
      one.offset,
      one.headBytes,
      one.headHash,
      one.tailHash,
      one.size,
      one.mtime,
      seen,
    );
  }

  /** Their files are still there. */
  setSeen(streams: readonly number[], seen: number): void {
    for (const stream of streams)
      this.#table.write('UPDATE log_streams SET seen = ? WHERE stream = ?', seen, stream);
  }

  /** Forgets those that were not seen for longest, beyond what is kept. The newest stream stays, so that no number is used twice. */
  forgetOldest(): void {
    this.#table.write(
      `DELETE FROM log_streams WHERE stream IN (SELECT stream FROM log_streams
         WHERE stream < (SELECT max(stream) FROM log_streams) ORDER BY seen DESC, stream DESC LIMIT -1 OFFSET ?)`,
      keptStreams,
    );
  }
}
