/**
 * Verifies a parcel of whatever kind, for programs that show what they are given: signed by the office, or by a node that the office has
 * enrolled, as its kind demands. Pure.
 */
import { FerrymanError } from '../errors.ts';
import { readAnyParcel, type AnyParcel } from '../parcel/any-parcel.ts';
import type { ByteSource } from '../parcel/byte-source.ts';
import type { HashedParcel } from '../parcel/framing.ts';
import { checkSigner } from '../parcel/log-archive.ts';
import { parseComment, type SignatureBlock } from '../parcel/signature-block.ts';
import { checkRole, verifySigner, type NodeTrust, type ProvenEnrolment } from './enrolled.ts';
import { claimsNode, verify } from './verify.ts';

/** Who has signed it. */
export interface AnyProof {
  /** Key ids, sorted. */
  readonly signers: readonly string[];
  /** Of the node that signed it; `undefined`: the office has. */
  readonly enrolment: ProvenEnrolment | undefined;
}

/**
 * Signatures first, then everything in the archive, then whether who signed may say what it says.
 *
 * @throws FerrymanError `signature.*`, `trust.*`, `verify.*`, `enrolment.*`, `archive.too-large`, `zip.*`, `manifest.*`
 */
export async function verifyAnyParcel(
  { digest, framing }: HashedParcel,
  source: ByteSource,
  nodeTrust: NodeTrust,
): Promise<{ readonly proof: AnyProof; readonly contents: AnyParcel }> {
  const blocks = parseComment(framing.comment);
  const proof = proofOf({ digest, blocks }, nodeTrust);
  const contents = await readAnyParcel(source, framing.eocdOffset);
  checkSpeaker(contents, proof);
  return { proof, contents };
}

function proofOf(
  signed: { readonly digest: string; readonly blocks: readonly SignatureBlock[] },
  nodeTrust: NodeTrust,
): AnyProof {
  if (!claimsNode(signed.blocks)) {
    const { signers } = verify(signed, nodeTrust.trust);
    return { signers, enrolment: undefined };
  }
  const enrolment = verifySigner(signed, nodeTrust);
  return { signers: [enrolment.identity.keyId], enrolment };
}

/** @throws FerrymanError `enrolment.role`, `enrolment.other-node`, `manifest.other-kind` */
function checkSpeaker(contents: AnyParcel, { enrolment }: AnyProof): void {
  const { kind, manifest } = contents;
  const isOfNode = kind === 'log' || kind === 'ack';
  if (isOfNode !== (enrolment !== undefined))
    throw new FerrymanError(
      'manifest.other-kind',
      `expected ${enrolment ? 'what a node may sign, logs and acknowledgements' : 'what the office signs'}, found a parcel of kind ${kind}`,
    );
  if (!enrolment || !isOfNode) return;
  checkRole(enrolment, kind);
  if (kind === 'log') checkSigner('origin', manifest.origin, enrolment.node);
  else checkSigner('proxy', manifest.proxy, enrolment.node);
}
