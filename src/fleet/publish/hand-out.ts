/** Hands a file to the roads: each takes it durably, and says in words what became of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyDurably } from '../../durable/copy-file.ts';
import { withFile } from '../../durable/file-source.ts';
import { makeFolder, sweepParts } from '../../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../../errors.ts';

export const publishRoads = ['backhaul', 'flood', 'usb'] as const;
export type PublishRoad = (typeof publishRoads)[number];

/** An update that was verified, as a file that stays as it is while it is handed out. */
export interface Parcel {
  readonly path: string;
  readonly sequence: number;
  /** 128 hex digits. */
  readonly digest: string;
  /** BLAKE2b-512 of the whole file: signatures of others may come on top of the same update. */
  readonly fileHash: string;
}

/** What stands under a name already. */
export type LookAt = (path: string) => Promise<{ readonly digest: string; readonly fileHash: string }>;

/** What became of it. */
export interface Handed {
  readonly outcome: string;
  /** `false`: all of it was there before. */
  readonly isNew: boolean;
}

/** A road. Looks first, changes nothing then; hands out when every road has looked. */
export interface Road {
  readonly name: PublishRoad;
  /** @throws FerrymanError `publish.other-contents` */
  look(parcel: Parcel): Promise<void>;
  /** Again is harmless. @throws FerrymanError `publish.disk-full` and others */
  hand(parcel: Parcel): Promise<Handed>;
}

const mode = 0o644;

/** A folder from which somebody takes: an engine, a person with a key. One file for a sequence. */
export function folderRoad(name: PublishRoad, folder: string, lookAt: LookAt): Road {
  const placeOf = ({ sequence }: Parcel): string => join(folder, fileName(sequence));
  const there = async (path: string): Promise<Awaited<ReturnType<LookAt>> | undefined> =>
    existsSync(path) ? lookAt(path) : undefined;
  return {
    name,
    async look(parcel) {
      const path = placeOf(parcel);
      const found = await there(path);
      if (found && found.digest !== parcel.digest)
        throw new FerrymanError(
          'publish.other-contents',
          `${path}: expected digest ${parcel.digest.slice(0, 16)} under sequence ${parcel.sequence}, found ${found.digest.slice(0, 16)}`,
        );
    },
    async hand(parcel) {
      const path = placeOf(parcel);
      const found = await there(path);
      if (found?.fileHash === parcel.fileHash) return { outcome: `is there already: ${path}`, isNew: false };
      await copyInto(folder, parcel, path);
      const what = found ? 'replaced by one with other signatures' : 'laid down';
      return { outcome: `${what}: ${path}`, isNew: true };
    },
  };
}

/** `update-42.zip`; the backhaul takes any name, and people look for this one. */
export function fileName(sequence: number): string {
  return `update-${sequence}.zip`;
}

async function copyInto(folder: string, { path: from }: Parcel, path: string): Promise<void> {
  try {
    makeFolder(folder, 0o755);
    sweepParts(folder);
    await withFile(from, 'refuse', (fd) => copyDurably(fd, path, mode));
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error;
    throw new FerrymanError(
      'publish.disk-full',
      `${folder}: expected room for the update, found the disk full`,
      {
        cause: error,
      },
    );
  }
}
