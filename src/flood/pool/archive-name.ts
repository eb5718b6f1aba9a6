/** The names of archives of logs below `logs/`, in a pool, a staging folder and an offer. Pure. Spec: docs/format.md §16. */
import { isGuid } from '../../parcel/recipients.ts';
import { isIncarnation, logFileName, parseLogFileName } from '../../parcel/log-file-name.ts';
import type { Archive, ArchiveName } from '../decide/archive.ts';

/** What stands in the name of an archive. */
export type NamedArchive = Omit<Archive, 'bytes'>;

/** `<origin>/<incarnation>/<sequence, ten digits>.<class>.zip`. */
export function archivePath({ origin, incarnation, ...file }: NamedArchive): string {
  return `${origin}/${incarnation}/${logFileName(file)}`;
}

/** As people and notes name it: `<origin>/<incarnation>/<sequence>`. */
export function archiveLabel({ origin, incarnation, sequence }: ArchiveName): string {
  return `${origin}/${incarnation}/${sequence}`;
}

/** Reads `<origin>/<incarnation>/<sequence>.<class>.zip`. */
export function parseArchivePath(path: string): NamedArchive | undefined {
  const [origin = '', incarnation = '', name = '', ...more] = path.split('/');
  const file = parseLogFileName(name);
  if (!file || more.length > 0 || !isGuid(origin) || !isIncarnation(incarnation)) return undefined;
  return { origin, incarnation, ...file };
}
