/**
 * Decides whether a parcel, or a ping, was signed by a node that the office has enrolled: the office's signatures over the enrolment that it
 * carries, then the node's own. Pure: no files, no clock. Reads nothing of the archive.
 *
 * Relays do this for everything that passes by, so node:crypto alone checks (it refuses malleable signatures), and enrolments that are
 * proven need not be proven again. Spec: docs/format.md §12.
 */
import { createPublicKey, verify as cryptoVerify, type KeyObject } from 'node:crypto';
import { FerrymanError } from '../errors.ts';
import { parseEnrolmentLine, type Enrolment, type EnrolmentLine } from '../parcel/enrolment.ts';
import { parsePing, type Ping } from '../parcel/ping.ts';
import type { PublicKey } from '../parcel/public-key.ts';
import type { Role } from '../parcel/recipients.ts';
import { contains } from '../parcel/sequence-sets.ts';
import type { SequenceRange } from '../parcel/sequences.ts';
import type { KeyedSignature } from '../parcel/signature-block.ts';
import { documentDigest } from '../parcel/signed-document.ts';
import { checkTrust, type Trust } from './trust.ts';
import type { Signed } from './verify.ts';

/** The kinds of parcels that nodes sign. */
export type NodeKind = 'log' | 'ack';

const maySign: Readonly<Record<NodeKind, (role: Role) => boolean>> = {
  log: (role) => role !== 'office',
  ack: (role) => role === 'proxy',
};

/** Proof that the office has said who a node is. Only {@link verifyEnrolment} makes one. */
class Proven implements Enrolment {
  // A private field makes the type nominal: nothing else in the program can pass for it.
  readonly #key: KeyObject;
  readonly node: string;
  readonly role: Role;
  readonly serial: number;
  readonly identity: PublicKey;
  readonly created: string;

  constructor({ node, role, serial, identity, created }: Enrolment) {
    this.node = node;
    this.role = role;
    this.serial = serial;
    this.identity = identity;
    this.created = created;
    this.#key = keyObjectOf(identity);
  }

  /** Whether the node signed it. */
  accepts(message: Buffer, signature: Buffer): boolean {
    return cryptoVerify(null, message, this.#key, signature);
  }
}

export type ProvenEnrolment = Proven;

/** Proof that an enrolled node, of a role that may, signed a digest. Only {@link verifyByNode} makes one. */
class ByNode {
  readonly #proof = true;
  /** BLAKE2b-512 of S, 128 hex digits. */
  readonly digest: string;
  readonly kind: NodeKind;
  readonly enrolment: ProvenEnrolment;

  constructor(digest: string, kind: NodeKind, enrolment: ProvenEnrolment) {
    this.digest = digest;
    this.kind = kind;
    this.enrolment = enrolment;
  }

  /** GUID of the node: what the manifest must name. */
  get signer(): string {
    return this.#proof ? this.enrolment.node : '';
  }
}

export type NodeSigned = ByNode;

/** A ping, proven to come from the node that it names; perhaps not now, and perhaps not from near. */
export interface ProvenPing {
  readonly ping: Ping;
  readonly enrolment: ProvenEnrolment;
}

/** What decides whether a node's word counts. */
export interface NodeTrust {
  readonly trust: Trust;
  /** Serials that the newest roster revokes. */
  readonly revoked: readonly SequenceRange[];
  /** Left out: every enrolment is proven each time. */
  readonly proven?: ProvenLines;
}

/** Enrolments that were proven under one trust: a relay sees the same few hundred lines again and again. */
export class ProvenLines {
  readonly #max: number;
  readonly #lines = new Map<string, ProvenEnrolment>();
  #trust: Trust | undefined;

  /** @param max lines that are remembered; some 1.5 KiB each */
  constructor(max = 1_000) {
    this.#max = max;
  }

  /** As {@link verifyEnrolment}. Under another trust, another object that is, all is forgotten. @throws what it throws */
  verify(line: string, trust: Trust): ProvenEnrolment {
    if (this.#trust !== trust) this.#lines.clear();
    this.#trust = trust;
    const known = this.#lines.get(line);
    if (known) return known;
    const proven = verifyEnrolment(line, trust);
    const [oldest] = this.#lines.keys();
    if (oldest !== undefined && this.#lines.size >= this.#max) this.#lines.delete(oldest);
    this.#lines.set(line, proven);
    return proven;
  }
}

/**
 * Proves that the office has signed an enrolment, as §3 has it for parcels: each signature by a trusted key is right, and there are enough.
 *
 * @throws FerrymanError `trust.*`, `enrolment.malformed`, `enrolment.unproven`
 */
export function verifyEnrolment(line: string, trust: Trust): ProvenEnrolment {
  checkTrust(trust);
  const parsed = parseEnrolmentLine(line);
  const { node } = parsed.enrolment;
  const signers = trustedSigners(parsed, trust);
  if (signers < trust.threshold)
    throw new FerrymanError(
      'enrolment.unproven',
      `enrolment of ${node}: expected signatures by ${trust.threshold} trusted keys, found ${signers}`,
    );
  return new Proven(parsed.enrolment);
}

function trustedSigners({ enrolment, document, signatures }: EnrolmentLine, { keys }: Trust): number {
  const digest = Buffer.from(documentDigest(document), 'hex');
  let count = 0;
  for (const { keyId, signature } of signatures) {
    const key = keys.find((candidate) => candidate.keyId === keyId);
    if (!key) continue;
    if (!cryptoVerify(null, digest, keyObjectOf(key), signature))
      throw new FerrymanError(
        'enrolment.unproven',
        `enrolment of ${enrolment.node}: expected a signature by key ${keyId}, found one that does not match`,
      );
    count += 1;
  }
  return count;
}

/**
 * Proves that an enrolled node signed a parcel. Whether the manifest names that node is checked when the archive is opened.
 *
 * @throws FerrymanError `trust.*`, `signature.malformed`, `enrolment.*`
 */
export function verifyByNode(signed: Signed, nodeTrust: NodeTrust, kind: NodeKind): NodeSigned {
  const enrolment = verifySigner(signed, nodeTrust);
  checkRole(enrolment, kind);
  return new ByNode(signed.digest, kind, enrolment);
}

/** As {@link verifyByNode}, where the kind is not known yet: {@link checkRole} is to follow. @throws what it throws */
export function verifySigner({ digest, blocks }: Signed, nodeTrust: NodeTrust): ProvenEnrolment {
  const [block, second] = blocks;
  if (!block || second)
    throw new FerrymanError(
      'signature.malformed',
      `expected one signature, by a node, found ${blocks.length}`,
    );
  const enrolment = prove(block.trustedComment, nodeTrust);
  checkSigner(enrolment, block);
  const comment = Buffer.concat([block.signature, Buffer.from(block.trustedComment, 'latin1')]);
  if (
    !enrolment.accepts(Buffer.from(digest, 'hex'), block.signature) ||
    !enrolment.accepts(comment, block.globalSignature)
  )
    throw badSignature(enrolment, 'over this parcel');
  checkRevoked(enrolment, nodeTrust.revoked);
  return enrolment;
}

/** @throws FerrymanError `enrolment.role` when a node of its role may not sign such a parcel */
export function checkRole({ node, role }: Enrolment, kind: NodeKind): void {
  if (maySign[kind](role)) return;
  const expected = kind === 'ack' ? 'a proxy, which alone acknowledges' : 'a node that sends logs';
  throw new FerrymanError('enrolment.role', `node ${node}: expected ${expected}, found one of role ${role}`);
}

/**
 * Proves that a datagram is a ping of an enrolled node.
 *
 * @throws FerrymanError `trust.*`, `ping.malformed`, `enrolment.*`
 */
export function verifyPing(datagram: Buffer, nodeTrust: NodeTrust): ProvenPing {
  const { ping, document, signature, enrolment: line } = parsePing(datagram);
  const enrolment = prove(line, nodeTrust);
  if (ping.node !== enrolment.node)
    throw new FerrymanError(
      'enrolment.other-node',
      `ping: node: expected ${enrolment.node}, which is enrolled, found ${ping.node}`,
    );
  if (!enrolment.accepts(Buffer.from(documentDigest(document), 'hex'), signature))
    throw badSignature(enrolment, 'over this ping');
  checkRevoked(enrolment, nodeTrust.revoked);
  return { ping, enrolment };
}

function prove(line: string, { trust, proven }: NodeTrust): ProvenEnrolment {
  return proven ? proven.verify(line, trust) : verifyEnrolment(line, trust);
}

function checkSigner({ node, identity }: Enrolment, { keyId }: KeyedSignature): void {
  if (identity.keyId !== keyId)
    throw new FerrymanError(
      'enrolment.other-key',
      `node ${node}: expected a signature by its key ${identity.keyId}, found one by ${keyId}`,
    );
}

function badSignature({ node, identity }: Enrolment, what: string): FerrymanError {
  return new FerrymanError(
    'enrolment.bad-signature',
    `node ${node}: expected a signature by its key ${identity.keyId} ${what}, found one that does not match`,
  );
}

/** @throws FerrymanError `enrolment.revoked` */
export function checkRevoked({ node, serial }: Enrolment, revoked: readonly SequenceRange[]): void {
  if (contains(revoked, serial))
    throw new FerrymanError(
      'enrolment.revoked',
      `node ${node}: expected an enrolment that counts, found ${serial}, which is revoked`,
    );
}

/** SubjectPublicKeyInfo header of an Ed25519 key, RFC 8410. */
const spkiHeader = Buffer.from('302a300506032b6570032100', 'hex');

function keyObjectOf({ bytes }: PublicKey): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiHeader, bytes]), format: 'der', type: 'spki' });
}
