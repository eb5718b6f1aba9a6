/** Where the things of a proxy stand, below `/var/lib/ferryman`. Files are the truth; the index is made from them. */
import { join } from 'node:path';
import type { Layout } from '../node/layout.ts';
import type { LogClass } from '../parcel/log-archive.ts';
import { logFileName } from '../parcel/log-file-name.ts';

export interface ProxyPlaces {
  /** Verified archives: `<origin>/<incarnation>/<sequence, ten digits>.<class>.zip`, and `<origin>/shard`. */
  readonly store: string;
  /** Which store this is, and the numbers that its acknowledgements have used. */
  readonly epochFile: string;
  /** Facts about the files of the store; can be made anew from them. */
  readonly indexFile: string;
  /** Held while something is taken in or acknowledged. */
  readonly lockFile: string;
  /** Further contents under a name that the store has: evidence. */
  readonly forks: string;
  /** Logs to be read: `<origin>/<incarnation>/var/log/…`. */
  readonly unpacked: string;
  /** Scratch of unpacking. */
  readonly scratch: string;
  /** What neighbours may have of acknowledgements: `<proxy>.<shard>.zip`. */
  readonly acks: string;
}

export function proxyPlaces({ state }: Pick<Layout, 'state'>): ProxyPlaces {
  const store = join(state, 'store');
  return {
    store,
    epochFile: join(store, 'epoch.json'),
    indexFile: join(state, 'store.sqlite'),
    lockFile: join(state, 'store-lock.sqlite'),
    forks: join(state, 'forks'),
    unpacked: join(state, 'unpacked'),
    scratch: join(state, 'unpacked/.scratch'),
    acks: join(state, 'relay/acks'),
  };
}

/** What names an archive: who made it, since when that node has counted, and its number. */
export interface ArchiveName {
  readonly origin: string;
  readonly incarnation: string;
  readonly sequence: number;
  readonly class: LogClass;
}

/** The folder of an incarnation's archives. */
export function incarnationFolder(
  under: string,
  { origin, incarnation }: Pick<ArchiveName, 'origin' | 'incarnation'>,
): string {
  return join(under, origin, incarnation);
}

export function archiveFile({ store }: ProxyPlaces, name: ArchiveName): string {
  return join(incarnationFolder(store, name), logFileName(name));
}
