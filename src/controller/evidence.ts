/**
 * Evidence of equivocation: two contents that the office signed under one sequence. Kept are, for each, the signatures
 * and the manifest; with the parcels, which stay in the relay store, they prove it to anyone who has the public keys.
 */
import { FileSource, withFile } from '../durable/file-source.ts';
import { FerrymanError } from '../errors.ts';
import type { StoredParcel } from '../inbox/inbox.ts';
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
  const signatures = parcel.framing.comment.toString('latin1');
  const sides: EvidenceRow[] = [
    { digest: parcel.digest, sequence, signatures, manifest: formatManifest(manifest).toString(), at },
  ];
  for (const rival of rivals)
    sides.push({ digest: rival.digest, sequence, ...(await readSide(context, trust, rival.digest)), at });
  return sides;
}

async function readSide(
  { layout }: Context,
  trust: Trust,
  digest: string,
): Promise<Pick<EvidenceRow, 'signatures' | 'manifest'>> {
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
