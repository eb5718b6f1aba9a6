/**
 * Evidence of equivocation: two contents that the office signed under one sequence. Kept are, for each, the signatures
 * and the manifest, from the ledger; with the parcels, which stay in the relay store, they prove it to anyone who has the
 * public keys.
 */
import { FileSource, withFile } from '../durable/file-source.ts';
import { FerrymanError } from '../errors.ts';
import type { StoredParcel } from '../inbox/inbox.ts';
import type { Proof } from '../ledger/proofs.ts';
import type { EvidenceRow } from '../ledger/rows.ts';
import { openArchive } from '../parcel/archive.ts';
import { formatManifest, type UpdateManifest } from '../parcel/manifest.ts';
import { formatComment } from '../parcel/signature-block.ts';
import type { Trust } from '../verify/verify.ts';
import type { Context } from './context.ts';
import { openUpdate } from './relay-store.ts';

/** All sides, the new parcel's too; empty when nothing else carries its sequence. */
export async function gatherEvidence(
  context: Context,
  trust: Trust,
  parcel: StoredParcel,
  manifest: UpdateManifest,
): Promise<EvidenceRow[]> {
  const { sequence } = manifest;
  const rivals = context.ledger.updates.rivals(sequence, parcel.digest);
  if (rivals.length === 0) return [];
  const at = context.host.now();
  const sides: EvidenceRow[] = [{ digest: parcel.digest, sequence, ...proofOf(parcel, manifest), at }];
  for (const rival of rivals)
    sides.push({ digest: rival.digest, sequence, ...(await readSide(context, trust, rival.digest)), at });
  return sides;
}

/** What is kept of every update from its admission on. */
export function proofOf({ framing }: StoredParcel, manifest: UpdateManifest): Proof {
  return {
    signatures: framing.comment.toString('latin1'),
    manifest: formatManifest(manifest).toString(),
  };
}

/** From the parcel itself only when it was admitted by a ferryman that kept no proofs yet. */
async function readSide({ layout, ledger }: Context, trust: Trust, digest: string): Promise<Proof> {
  const kept = ledger.proofs.find(digest);
  if (kept) return kept;
  try {
    const { path, framing, proof } = await openUpdate(layout, digest, trust);
    const { manifest } = await withFile(path, 'refuse', (fd) =>
      openArchive(new FileSource(fd), framing.eocdOffset),
    );
    return {
      signatures: formatComment(proof.blocks).toString('latin1'),
      manifest: formatManifest(manifest).toString(),
    };
  } catch (error) {
    // Its parcel is gone or damaged: the ledger's row of it is all that is left, and is not lost by this.
    if (error instanceof FerrymanError) return { signatures: '', manifest: '' };
    throw error;
  }
}
