/**
 * The contents of an archive of the store as files in a folder, under the names under which they are put together: of a path that
 * rotation has given a number, `var/log/syslog.1`, the name without it. Its origin may mean harm: the archive was proven to be its own,
 * no more than that.
 */
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openHashed } from '../../store/verified-file.ts';
import { writeAll } from '../../durable/write-file.ts';
import { about, FerrymanError } from '../../errors.ts';
import { readContents, type FileSink } from '../../parcel/archive.ts';
import { parseEnrolmentLine, type Enrolment } from '../../parcel/enrolment.ts';
import { openLog, type LogManifest } from '../../parcel/log-archive.ts';
import { parseComment } from '../../parcel/signature-block.ts';

/** What is proven of an archive of the store: its own words, and the office's of its node. */
export interface ArchiveWord {
  readonly manifest: LogManifest;
  readonly enrolment: Enrolment;
}

/** Puts what is in `logs.tar.zst` or `logs.tar.gz` into a folder. @throws FerrymanError with the verdict `reject` when it can never be unpacked */
export type UnpackTar = (tar: string, folder: string) => Promise<void>;

/** Files that are kept under their own name; each line stands for itself. */
const plainNames: ReadonlySet<string> = new Set([
  'ledger.jsonl',
  'contacts.jsonl',
  'logs.jsonl',
  'node.jsonl',
]);
const tarNames: ReadonlySet<string> = new Set(['logs.tar.zst', 'logs.tar.gz']);

/** @param folder exists and is empty @throws FerrymanError `zip.*`, `manifest.*`, `framing.*`, and what `unpackTar` throws */
export async function unpackArchive(
  archive: string,
  folder: string,
  unpackTar: UnpackTar,
): Promise<ArchiveWord> {
  const file = await openHashed(archive, 'refuse');
  const { source, framing } = file;
  try {
    const [block] = parseComment(framing.comment);
    const { enrolment } = parseEnrolmentLine(block?.trustedComment ?? '');
    const opened = await openLog(source, framing.eocdOffset, enrolment.node);
    await readContents(source, opened, ({ path }) => sinkFor(folder, path));
    for (const { path } of opened.manifest.files) {
      if (!tarNames.has(path)) continue;
      const tar = join(folder, path);
      await unpackTar(tar, folder);
      rmSync(tar, { force: true });
    }
    return { manifest: opened.manifest, enrolment };
  } catch (error) {
    throw error instanceof FerrymanError ? about(archive, error) : error;
  } finally {
    file.close();
  }
}

/** What this version does not know stands apart. */
function sinkFor(folder: string, path: string): FileSink {
  const target = join(folder, plainNames.has(path) || tarNames.has(path) ? path : join('other', path));
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const fd = openSync(
    target,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  return { write: (chunk) => writeAll(fd, chunk), close: () => closeSync(fd) };
}
