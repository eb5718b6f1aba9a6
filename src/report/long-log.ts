/**
 * Long logs: what the script wrote to its long-log file, and the captured output, kept under `/var/log/ferryman/` where
 * log-flood finds them.
 */
import { join } from 'node:path';
import { writeDurably } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import type { RunRow } from '../ledger/rows.ts';
import { readOutput } from '../run/capture.ts';
import type { RunFolder } from '../run/run-folder.ts';
import { readSideFile } from '../run/side-file.ts';

/** Bytes of a long-log file that are kept, from its end: what went wrong stands last. */
const maxBytes = 4 * 1024 * 1024;

export interface KeptLogs {
  readonly long: string;
  readonly output: string;
}

/** Where the logs of a run are kept. */
export function logFiles(
  logFolder: string,
  sequence: number | null,
  { digest, run }: Pick<RunRow, 'digest' | 'run'>,
): KeptLogs {
  const stem = join(logFolder, `${sequence ?? 'unknown'}-${digest.slice(0, 16)}-${run}`);
  return { long: `${stem}.long.log`, output: `${stem}.output.log` };
}

/** Copies a run's logs; the run's folder may go once this has returned. @throws FerrymanError `report.failed` */
export function keepLogs(folder: RunFolder, files: KeptLogs): void {
  try {
    const long = readLongLog(folder.longLog);
    if (long) writeDurably(files.long, long, { mode: 0o640, existing: 'replace' });
    writeDurably(files.output, readOutput(folder.output), { mode: 0o640, existing: 'replace' });
  } catch (error) {
    throw new FerrymanError(
      'report.failed',
      `${files.output}: expected to keep the logs of a run: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The end of a long-log file. The script may have made anything at that name: only a regular file is read. `undefined`: it wrote none. */
export function readLongLog(path: string): Buffer | undefined {
  const file = readSideFile(path, 'last', maxBytes);
  if (!file) return undefined;
  const mark = file.skipped > 0 ? [Buffer.from(`[… ${file.skipped} bytes cut here …]\n`)] : [];
  return Buffer.concat([...mark, file.bytes]);
}
