/** Checks a node's request for an enrolment: that it holds the key that it asks to be enrolled with, and that the key is fit. Pure. */
import { createPublicKey, verify as cryptoVerify } from 'node:crypto';
import { FerrymanError } from '../errors.ts';
import { parseRequestLine, type EnrolmentRequest } from '../parcel/enrolment-request.ts';
import { checkStrength } from '../parcel/fit-key.ts';
import { documentDigest } from '../parcel/signed-document.ts';

/**
 * Anybody can make a request in any node's name: this proves nothing of who it is. The office compares the fingerprint of the key.
 *
 * @throws FerrymanError `enrolment.malformed`, `enrolment.other-key`, `enrolment.bad-signature`, `key.weak`
 */
export function verifyRequest(text: string): EnrolmentRequest {
  const { request, document, signature } = parseRequestLine(text);
  const { node, identity } = request;
  if (signature.keyId !== identity.keyId)
    throw new FerrymanError(
      'enrolment.other-key',
      `request of ${node}: expected a signature by key ${identity.keyId}, found one by ${signature.keyId}`,
    );
  checkStrength(identity);
  if (!accepts(identity.bytes, documentDigest(document), signature.signature))
    throw new FerrymanError(
      'enrolment.bad-signature',
      `request of ${node}: expected a signature by key ${identity.keyId}, found one that does not match`,
    );
  return request;
}

/** RFC 8410: in the spelling of JWK, so that the header of a key need not be spelled here too. */
function accepts(key: Buffer, digest: string, signature: Buffer): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
  return cryptoVerify(
    null,
    Buffer.from(digest, 'hex'),
    createPublicKey({ key: jwk, format: 'jwk' }),
    signature,
  );
}
