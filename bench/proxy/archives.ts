/** Small archives of 100 nodes, the same ones in every process. Signed by node:crypto: by tweetnacl, making 100,000 would take a quarter of an hour. */
import { createHash, createPrivateKey, sign as cryptoSign } from 'node:crypto';
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import { hashParcel, joinComment } from '../../src/parcel/framing.ts';
import { formatLog } from '../../src/parcel/log-archive.ts';
import { listed, packedFile, packManifest, type NodeSigner, type PackedFile } from '../../src/parcel/pack.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { makeKey, publicKeyOf, type SecretKey } from '../../src/parcel/secret-key.ts';
import { formatComment, type SignatureBlock } from '../../src/parcel/signature-block.ts';
import type { NodeTrust } from '../../src/verify/enrolled.ts';

const nodes = 100;
const created = '2026-11-01T00:00:00Z';

function fixedKey(name: string): SecretKey {
  let calls = 0;
  return makeKey((bytes) =>
    createHash('shake256', { outputLength: bytes })
      .update(`${name} ${(calls += 1)}`)
      .digest(),
  );
}

const office = fixedKey('office');
export const proxyGuid = 'aaaaaaaa-0000-4000-8000-000000000001';
export const trust: NodeTrust = { trust: { keys: [publicKeyOf(office)], threshold: 1 }, revoked: [] };

export function signerOf(node: string, role: Role): NodeSigner {
  const key = fixedKey(node);
  const enrolment = { node, role, serial: 1, identity: publicKeyOf(key), created };
  return { key, enrolment: signEnrolment(enrolment, office) };
}

const signers = new Map<string, NodeSigner>();

/** The nth archive of all: one node after another. @param nth from 0 */
export function archive(nth: number): Buffer {
  const origin = `00000000-0000-4000-8000-${String(nth % nodes).padStart(12, '0')}`;
  const sequence = Math.floor(nth / nodes) + 1;
  const lines = createHash('shake256', { outputLength: 512 }).update(String(nth)).digest('hex');
  return archiveOf(origin, sequence, [packedFile('ledger.jsonl', Buffer.from(`${lines}\n`))]);
}

/** @param files sorted by path */
export function archiveOf(origin: string, sequence: number, files: readonly PackedFile[]): Buffer {
  const signer = signers.get(origin) ?? signerOf(origin, 'kiosk');
  signers.set(origin, signer);
  const manifest = formatLog({
    origin,
    incarnation: '0123456789abcdef',
    sequence,
    class: 'long',
    created,
    full: sequence === 1,
    voids: [],
    files: listed(files),
  });
  const unsigned = packManifest(manifest, files);
  return joinComment(unsigned, formatComment([blockOver(unsigned, signer)]));
}

const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

function blockOver(unsigned: Buffer, { key, enrolment }: NodeSigner): SignatureBlock {
  const secret = createPrivateKey({
    key: Buffer.concat([pkcs8Header, key.bytes.subarray(0, 32)]),
    format: 'der',
    type: 'pkcs8',
  });
  const signature = cryptoSign(null, Buffer.from(hashParcel(unsigned).digest, 'hex'), secret);
  const globalSignature = cryptoSign(
    null,
    Buffer.concat([signature, Buffer.from(enrolment, 'latin1')]),
    secret,
  );
  return { keyId: key.keyId, signature, trustedComment: enrolment, globalSignature };
}
