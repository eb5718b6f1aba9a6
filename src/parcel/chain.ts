/**
 * The chain over archives that are held: one value by which an origin sees that the proxy holds its own archives and not others of the
 * same names. h₀ = 32 zero bytes, hₙ = SHA-256(hₙ₋₁ ‖ digest of the archive, 64 bytes), in the order of sequences. Spec: docs/format.md §15.
 */
import { hash } from 'node:crypto';

/** The chain over nothing. */
export const emptyChain = '00'.repeat(32);

/** The chain with one more archive at its end. @param digest of the archive, 128 hex digits @returns 64 lower-case hex digits */
export function extendChain(chain: string, digest: string): string {
  return hash('sha256', Buffer.from(chain + digest, 'hex'));
}

/** The chain over archives in the order of their sequences. @param digests 128 hex digits each */
export function chainOver(digests: Iterable<string>): string {
  let chain = emptyChain;
  for (const digest of digests) chain = extendChain(chain, digest);
  return chain;
}
