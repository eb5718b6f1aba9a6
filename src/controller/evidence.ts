/**
 * Evidence of equivocation: two contents that the office signed under one sequence. Kept are, for each, the signatures over
 * its digest and what its manifest says (without the list of files, which may be long); with the parcels, which the relay store and the
 * office have, they prove it to anyone who has the public keys.
 */
import type { EvidenceRow } from '../ledger/rows.ts';
import type { UpdateManifest } from '../parcel/manifest.ts';
import type { UpdateTerms } from '../plan/facts.ts';
import type { Context } from './context.ts';

/** The update that was just proven, and its signature blocks. */
export interface Newcomer {
  readonly digest: string;
  readonly signatures: string;
  readonly manifest: UpdateManifest;
}

/** All sides, the newcomer too; empty when nothing else carries its sequence. */
export function gatherEvidence(
  { ledger, host }: Context,
  { digest, signatures, manifest }: Newcomer,
): EvidenceRow[] {
  const { sequence } = manifest;
  const rivals = ledger.updates.rivals(sequence, digest);
  if (rivals.length === 0) return [];
  const at = host.now();
  const { files: _files, ...terms } = manifest;
  return [
    { digest, sequence, signatures, manifest: inWriting(terms), at },
    ...rivals.map((rival) => ({
      digest: rival.digest,
      sequence,
      signatures: ledger.proofs.find(rival.digest) ?? '',
      manifest: inWriting(ledger.updates.find(rival.digest)?.terms ?? null),
      at,
    })),
  ];
}

function inWriting(terms: UpdateTerms | null): string {
  return JSON.stringify(terms);
}
