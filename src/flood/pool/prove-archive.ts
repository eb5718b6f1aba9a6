/** Proves a file that a neighbour has sent: signed by an enrolled node, and exactly what its name says. */
import { openHashed } from '../../store/verified-file.ts';
import { FerrymanError } from '../../errors.ts';
import * as limits from '../../parcel/limits.ts';
import { readAnyParcel } from '../../parcel/any-parcel.ts';
import { openLog } from '../../parcel/log-archive.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import type { SequenceRange } from '../../parcel/sequences.ts';
import { verifyByNode, type NodeTrust } from '../../verify/enrolled.ts';
import type { Archive } from '../decide/archive.ts';
import { archiveLabel, type NamedArchive } from './archive-name.ts';

/** An archive that was found right. */
export interface ProvenArchive extends Archive {
  readonly digest: string;
  readonly voids: readonly SequenceRange[];
}

/** Bytes of one file of this class, whoever sends it. */
export function maxBytesOf({ class: kind }: Pick<NamedArchive, 'class'>): number {
  return kind === 'short' ? limits.maxShortLogBytes : limits.maxLogBytes;
}

/** What an archive says that it is, which proves nothing. @throws FerrymanError `source.*`, `framing.*`, `zip.*`, `manifest.*` */
export async function readArchiveName(path: string): Promise<NamedArchive> {
  const file = await openHashed(path, 'refuse');
  try {
    const { framing, source } = file;
    const { kind, manifest } = await readAnyParcel(source, framing.eocdOffset);
    if (kind !== 'log')
      throw new FerrymanError('manifest.other-kind', 'expected an archive of logs, found another parcel');
    const { origin, incarnation, sequence } = manifest;
    return { origin, incarnation, sequence, class: manifest.class };
  } finally {
    file.close();
  }
}

/** @throws FerrymanError `source.*`, `framing.*`, `signature.*`, `enrolment.*`, `trust.*`, `zip.*`, `manifest.*`, `archive.*`, `pool.misnamed` */
export async function proveArchive(
  path: string,
  named: NamedArchive,
  nodeTrust: NodeTrust,
): Promise<ProvenArchive> {
  const file = await openHashed(path, 'refuse');
  try {
    const { digest, framing, source } = file;
    const signed = verifyByNode({ digest, blocks: parseComment(framing.comment) }, nodeTrust, 'log');
    const { manifest } = await openLog(source, framing.eocdOffset, signed.signer);
    const { origin, incarnation, sequence, voids } = manifest;
    const found: NamedArchive = { origin, incarnation, sequence, class: manifest.class };
    if (archiveLabel(found) !== archiveLabel(named) || found.class !== named.class)
      throw new FerrymanError(
        'pool.misnamed',
        `expected ${named.class} archive ${archiveLabel(named)}, found ${found.class} archive ${archiveLabel(found)}`,
      );
    return { ...found, bytes: framing.size, digest, voids };
  } finally {
    file.close();
  }
}
