/** Unpacks an archive of logs into a new folder: what stands in the zip, and what stands in its tar. Nothing is written anywhere else. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeAll } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { readContents } from '../parcel/archive.ts';
import { parseEnrolmentLine } from '../parcel/enrolment.ts';
import { openLog, type LogManifest } from '../parcel/log-archive.ts';
import { parseComment } from '../parcel/signature-block.ts';
import { openHashed, type HashedFile } from '../store/verified-file.ts';
import { verifyByNode, type NodeTrust } from '../verify/enrolled.ts';
import { decompress, tarNames, type Compression } from './compressor.ts';
import { readTar } from './read-tar.ts';

export interface UnpackedLogs {
  readonly manifest: LogManifest;
  readonly digest: string;
  /** Office and node have signed; else nobody knows who made it. */
  readonly isProven: boolean;
  /** Paths below the folder. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/**
 * @param trust `undefined`: signatures are not checked
 * @throws FerrymanError `output.exists`, `logs.refused`, `logs.compress`, and what reading a parcel throws; nothing is left behind then
 */
export async function unpackArchive(
  file: string,
  folder: string,
  trust: NodeTrust | undefined,
): Promise<UnpackedLogs> {
  const parcel = await openHashed(file, 'follow');
  try {
    const signer = signerOf(parcel, trust);
    const archive = await openLog(parcel.source, parcel.framing.eocdOffset, signer);
    return await intoFolder(folder, async () => {
      const unpacked = new Unpacked(folder);
      await readContents(parcel.source, archive, ({ path }) => unpacked.open(path));
      await unpackTars(folder, unpacked);
      const { files, bytes } = unpacked;
      return {
        manifest: archive.manifest,
        digest: parcel.digest,
        isProven: trust !== undefined,
        files,
        bytes,
      };
    });
  } finally {
    parcel.close();
  }
}

/** GUID of the node that signed, or says so. */
function signerOf({ digest, framing }: HashedFile, trust: NodeTrust | undefined): string {
  const blocks = parseComment(framing.comment);
  if (trust) return verifyByNode({ digest, blocks }, trust, 'log').signer;
  return parseEnrolmentLine(blocks[0]?.trustedComment ?? '').enrolment.node;
}

async function intoFolder<Result>(folder: string, fill: () => Promise<Result>): Promise<Result> {
  const wasThere = existsSync(folder);
  if (wasThere && readdirSync(folder).length > 0)
    throw new FerrymanError(
      'output.exists',
      `${folder}: expected an empty folder or none, found one with files`,
    );
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  try {
    return await fill();
  } catch (error) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
    if (!wasThere) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function unpackTars(folder: string, unpacked: Unpacked): Promise<void> {
  for (const [compression, name] of Object.entries(tarNames) as [Compression, string][]) {
    const tar = join(folder, name);
    if (!existsSync(tar)) continue;
    await readTar(decompress(tar, compression), async ({ path, mtime }, pieces) => {
      const sink = unpacked.open(path);
      try {
        for await (const piece of pieces) sink.write(piece);
      } finally {
        sink.close();
      }
      if (mtime) utimesSync(join(folder, path), mtime, mtime);
    });
    rmSync(tar);
    unpacked.forget(name);
  }
}

/** What has been written. */
class Unpacked {
  readonly #folder: string;
  #files: string[] = [];
  bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get files(): readonly string[] {
    return this.#files;
  }

  /** @throws FerrymanError `logs.refused` for a name that stands twice, or that is a folder too */
  open(path: string): { write(piece: Buffer): void; close(): void } {
    const target = join(this.#folder, path);
    let fd: number;
    try {
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      fd = openSync(target, 'wx', 0o644);
    } catch (error) {
      if (!isSystemError(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) throw error;
      throw new FerrymanError('logs.refused', `archive of logs: ${path}: expected each name once`, {
        cause: error,
      });
    }
    this.#files.push(path);
    return {
      write: (piece) => {
        writeAll(fd, piece);
        this.bytes += piece.length;
      },
      close: () => closeSync(fd),
    };
  }

  forget(path: string): void {
    this.#files = this.#files.filter((one) => one !== path);
  }
}
