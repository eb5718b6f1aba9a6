/**
 * An origin judges an acknowledgement of its own archives: what it may delete. Pure.
 *
 * A copied disk, a reused sequence or a forger shows as a chain that differs; then nothing is deleted and a person is told.
 * Spec: docs/format.md §15.
 */
import { formatRange } from '../../parcel/sequences.ts';
import { each, intersect, nothing, subtract, union, type SequenceSet } from '../../parcel/sequence-sets.ts';

/** What the acknowledgement says of this node and incarnation. */
export interface AckClaim {
  readonly held: SequenceSet;
  readonly voids: SequenceSet;
  /** The chain over `held`, 64 hex digits. */
  readonly digest: string;
}

/** What the origin knows of its own archives in this incarnation. */
export interface OwnArchives {
  /** The last sequence reserved; 0: none. */
  readonly last: number;
  /** Declared void so far. */
  readonly voids: SequenceSet;
  /** Digest of the archive, 128 hex digits; `undefined` when not known. Kept for deleted archives too. */
  digestOf(sequence: number): string | undefined;
  /** The chain over digests in this order, 64 hex digits. */
  chain(digests: Iterable<string>): string;
}

export type Judgement =
  /** These are safe with the proxy, or known to be lost: nothing is needed here any more. */
  | { readonly kind: 'covered'; readonly covered: SequenceSet }
  /** Delete nothing, tell a person. */
  | { readonly kind: 'alarm'; readonly reason: string };

export function judgeAck(claim: AckClaim, own: OwnArchives): Judgement {
  const beyond = subtract(union(claim.held, claim.voids), upTo(own.last));
  if (beyond.length > 0)
    return alarm(`it names ${words(beyond)}, expected nothing after ${own.last}, the last archive made here`);
  const both = intersect(claim.held, claim.voids);
  if (both.length > 0) return alarm(`it calls ${words(both)} both held and lost`);
  const undeclared = subtract(claim.voids, own.voids);
  if (undeclared.length > 0)
    return alarm(`it calls ${words(undeclared)} lost, which this node has never declared`);
  return compareChains(claim, own);
}

function compareChains(claim: AckClaim, own: OwnArchives): Judgement {
  const digests: string[] = [];
  for (const sequence of each(claim.held)) {
    const digest = own.digestOf(sequence);
    if (digest === undefined)
      return alarm(`the digest of ${sequence} is not known here, so it cannot be compared`);
    digests.push(digest);
  }
  const chain = own.chain(digests);
  if (chain !== claim.digest)
    return alarm(
      `the archives that the proxy holds are not those made here: expected ${chain}, found ${claim.digest}`,
    );
  return { kind: 'covered', covered: union(claim.held, claim.voids) };
}

function alarm(reason: string): Judgement {
  return { kind: 'alarm', reason };
}

/** A few ranges, for a person. */
function words(set: SequenceSet): string {
  return set.slice(0, 3).map(formatRange).join(', ') + (set.length > 3 ? ' …' : '');
}

function upTo(last: number): SequenceSet {
  return last > 0 ? [{ first: 1, last }] : nothing;
}
