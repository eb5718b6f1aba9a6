/** Looks into rosters, acknowledgements and enrolments in the office, where there may be no key to verify them with. */
import { openHashed } from '../../store/verified-file.ts';
import type { Links } from '../../durable/file-source.ts';
import { FerrymanError } from '../../errors.ts';
import { parcelInWords, readAnyParcel, type AnyParcel } from '../../parcel/any-parcel.ts';
import { enrolmentWord } from '../../parcel/enrolment.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import { verifyByNode } from '../../verify/enrolled.ts';
import type { Trust } from '../../verify/trust.ts';
import { verify, type Signed } from '../../verify/verify.ts';
import { noticeFolders, updateName, type NoticeKind } from './key-files.ts';
import type { Looked } from './look-at-parcel.ts';

export interface LookedNotice extends Looked {
  readonly kind: NoticeKind;
  /** `roster 7`. */
  readonly title: string;
  /** On a key, in the folder of its kind. */
  readonly name: string;
  /** GUID of the node that an enrolment is for. */
  readonly node: string | undefined;
  readonly bytes: number;
  /** BLAKE2b-512 of the whole file. */
  readonly fileHash: string;
}

/**
 * @param kind that it must be
 * @throws FerrymanError `source.*`, `framing.*`, `signature.*`, `verify.*`, `enrolment.*`, `zip.*`, `manifest.*`
 */
export async function lookAtNotice(
  path: string,
  links: Links,
  kind: NoticeKind,
  trust: Trust | undefined,
): Promise<LookedNotice> {
  const file = await openHashed(path, links);
  try {
    const { framing, digest, fileHash, source } = file;
    const signed = { digest, blocks: parseComment(framing.comment) };
    const proxy = trust && checkSigned(signed, kind, trust);
    const parcel = await readAnyParcel(source, framing.eocdOffset);
    if (parcel.kind !== kind) throw misplaced(kind, parcel);
    if (proxy !== undefined && parcel.kind === 'ack' && parcel.manifest.proxy !== proxy)
      throw new FerrymanError(
        'enrolment.other-node',
        `expected an acknowledgement of ${proxy}, which has signed it, found one of ${parcel.manifest.proxy}`,
      );
    return {
      kind,
      title: parcelInWords(parcel),
      name: nameOf(parcel),
      node: parcel.kind === 'enrolment' ? parcel.manifest.node : undefined,
      digest,
      signers: signed.blocks.map(({ keyId }) => keyId),
      bytes: framing.size,
      fileHash,
    };
  } finally {
    file.close();
  }
}

/** @returns the proxy that has signed an acknowledgement */
function checkSigned(signed: Signed, kind: NoticeKind, trust: Trust): string | undefined {
  if (kind === 'ack') {
    if (!signed.blocks.some(({ trustedComment }) => trustedComment.startsWith(`${enrolmentWord} `)))
      throw new FerrymanError(
        'manifest.other-kind',
        'expected an acknowledgement, which a proxy has signed, found a parcel that no node has signed',
      );
    return verifyByNode(signed, { trust, revoked: [] }, 'ack').signer;
  }
  verify(signed, trust);
  return undefined;
}

function misplaced(kind: NoticeKind, found: AnyParcel): FerrymanError {
  return new FerrymanError(
    'manifest.other-kind',
    `expected what belongs into ${noticeFolders[kind]}, found ${parcelInWords(found)}`,
  );
}

function nameOf({ kind, manifest }: AnyParcel): string {
  if (kind === 'roster') return updateName(manifest.number);
  if (kind === 'ack') return `${manifest.proxy}.${manifest.shard}.zip`;
  return kind === 'enrolment' ? `${manifest.node}.zip` : '';
}
