/** What verifying a parcel of whatever kind has told: for people, and for programs. */
import { parcelInWords, type AnyParcel } from '../parcel/any-parcel.ts';
import { identityOf, recipientsOf, termsOf } from '../parcel/parcel-terms.ts';
import type { AnyProof } from './any-parcel.ts';

export interface VerifiedAny {
  readonly proof: AnyProof;
  readonly contents: AnyParcel;
  /** BLAKE2b-512 of S, 128 hex digits. */
  readonly digest: string;
}

/** @param threshold keys of the office that must have signed: the parcel, or the enrolment of the node that did */
export function verifiedInWords({ proof, contents, digest }: VerifiedAny, threshold: number): string {
  const recipients = recipientsOf(contents);
  const { enrolment, signers } = proof;
  const lines: (readonly [string, string])[] = [
    ...(contents.kind === 'update' ? [] : termsOf(contents)),
    ['digest', digest.slice(0, 16)],
    enrolment
      ? ['signed by', `node ${enrolment.node}, ${enrolment.role}, enrolment ${enrolment.serial}`]
      : ['signed by', `${signers.join(', ')} (${threshold} needed)`],
  ];
  const whom = recipients === undefined ? '' : ` for ${recipients.join(', ')}`;
  return `${parcelInWords(contents)}${whom} is good\n${lines.map(([label, text]) => `  ${label.padEnd(9)}  ${text}\n`).join('')}`;
}

/** The keys of `verify --json`: docs/json.md. */
export function verifiedJson({ proof, contents, digest }: VerifiedAny, threshold: number): object {
  const { enrolment, signers } = proof;
  return {
    ...identityOf(contents),
    recipients: recipientsOf(contents) ?? null,
    digest,
    signers,
    threshold,
    enrolment: enrolment ? { node: enrolment.node, role: enrolment.role, serial: enrolment.serial } : null,
  };
}
