/**
 * The inbox: a root-owned folder into which every parcel is copied before anything is decided about it. Framing, hash
 * and unpacking use this copy alone, so what was checked is what runs.
 *
 * A name tells the state: `.….part` is being written, `<channel>.<file hash>.parcel` is whole and durable.
 */
import { closeSync, constants, fchmodSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { channelNames, type ChannelName } from '../channels/channel-name.ts';
import { fileChunks, withFile, type Links } from '../durable/file-source.ts';
import {
  EarlySync,
  partPath,
  renameDurably,
  sweepParts,
  syncWhole,
  writeAside,
} from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { ParcelHasher, type HashedParcel } from '../parcel/framing.ts';

/** Parcels that may wait in the inbox at a time. */
const maxWaiting = 1000;

/** A file that stands durably in the inbox; nothing else is known of it. */
export interface InboxFile {
  readonly path: string;
  readonly channel: ChannelName;
  /** BLAKE2b-512 of the whole file, 128 hex digits. */
  readonly fileHash: string;
}

/** A file that was just copied into the inbox. */
export interface ReceivedFile extends InboxFile {
  /** What hashing the copy has told while it was written, when it is framed as a parcel. */
  readonly hashed: HashedParcel | undefined;
}

/** What copying a file has told of it. */
export type Copied = Pick<ReceivedFile, 'fileHash' | 'hashed'>;

/**
 * Copies chunks into the inbox durably: when this returns, a power cut no longer loses the parcel. The same bytes by the
 * same channel again are the same file.
 *
 * @param beforeSeen called when the copy is whole and nobody can see it yet; what it throws leaves nothing behind
 * @throws FerrymanError `inbox.disk-full`, `inbox.too-many`, `framing.too-large`; nothing is left behind
 */
export async function storeInInbox(
  inbox: string,
  channel: ChannelName,
  chunks: AsyncIterable<Buffer>,
  beforeSeen: (copied: Copied) => void = () => undefined,
): Promise<ReceivedFile> {
  if (readdirSync(inbox).length >= maxWaiting)
    throw new FerrymanError(
      'inbox.too-many',
      `expected fewer than ${maxWaiting} waiting parcels, found that many`,
    );
  const part = partPath(join(inbox, channel));
  try {
    const copied = await copyTo(part, chunks);
    beforeSeen(copied);
    const { fileHash, hashed } = copied;
    const path = join(inbox, `${channel}.${fileHash}.parcel`);
    renameDurably(part, path);
    return { path, channel, fileHash, hashed };
  } catch (error) {
    rmSync(part, { force: true });
    if (isSystemError(error, 'ENOSPC', 'EDQUOT'))
      throw new FerrymanError(
        'inbox.disk-full',
        `${inbox}: expected room for the parcel, found the disk full`,
        { cause: error },
      );
    throw error;
  }
}

async function copyTo(part: string, chunks: AsyncIterable<Buffer>): Promise<Copied> {
  const fd = openSync(
    part,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  const sync = new EarlySync(fd);
  try {
    const hasher = new ParcelHasher();
    let size = 0;
    for await (const chunk of chunks) {
      const written = writeAside(fd, chunk);
      try {
        hasher.update(chunk);
      } finally {
        await written;
      }
      size += chunk.length;
      await sync.wrote(chunk.length);
    }
    await sync.end();
    fchmodSync(fd, 0o400);
    syncWhole(fd, size);
    return { fileHash: hasher.fileHash(), hashed: finishIfFramed(hasher) };
  } finally {
    await Promise.allSettled([sync.end()]);
    closeSync(fd);
  }
}

function finishIfFramed(hasher: ParcelHasher): HashedParcel | undefined {
  try {
    return hasher.finish();
  } catch (error) {
    if (error instanceof FerrymanError) return undefined;
    throw error;
  }
}

/** Copies a file into the inbox. @throws as {@link storeInInbox}, and `source.missing`, `source.unreadable` */
export async function receiveFile(
  inbox: string,
  channel: ChannelName,
  path: string,
  links: Links,
): Promise<ReceivedFile> {
  return withFile(path, links, (fd) => storeInInbox(inbox, channel, fileChunks(fd)));
}

/** What stands in the inbox, in the order of names. */
export function listInbox(inbox: string): InboxFile[] {
  return readdirSync(inbox)
    .toSorted()
    .flatMap((name) => {
      const [channelText, fileHash = '', suffix] = name.split('.');
      const channel = channelNames.find((candidate) => candidate === channelText);
      return channel && suffix === 'parcel' ? [{ path: join(inbox, name), channel, fileHash }] : [];
    });
}

/** Removes copies that were cut off. Only for the holder of the lock, and only before it receives. */
export function sweepInbox(inbox: string): void {
  sweepParts(inbox);
}
