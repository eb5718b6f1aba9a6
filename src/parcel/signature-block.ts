/**
 * The signature blocks in a parcel's comment. Each is a `.minisig` file that stock minisign accepts, written in one way only.
 *
 *   untrusted comment: <16 upper-case hex digits of the key id>⏎
 *   base64( 'ED' ‖ key id, 8 bytes ‖ Ed25519(digest), 64 bytes )⏎
 *   trusted comment: <text>⏎
 *   base64( Ed25519(signature ‖ text), 64 bytes )⏎
 *
 * Reads and writes text; does not check signatures (src/verify does). Spec: docs/format.md §3.
 */
import { FerrymanError } from '../errors.ts';
import { maxBlockBytes, maxSignatures } from './limits.ts';

const untrustedPrefix = 'untrusted comment: ';
const trustedPrefix = 'trusted comment: ';
const prehashed = 'ED';
const legacy = 'Ed';

/** A signature over a digest, and whose it claims to be; not verified. */
export interface KeyedSignature {
  /** 16 upper-case hex digits, as minisign prints them (little-endian), zero-padded. */
  readonly keyId: string;
  /** 64 bytes: Ed25519 over the digest. */
  readonly signature: Buffer;
}

/** One signature as it stands in a parcel; nothing in it is verified. */
export interface SignatureBlock extends KeyedSignature {
  /** Signed by the global signature, and means nothing: never act on it. */
  readonly trustedComment: string;
  /** 64 bytes: Ed25519 over signature ‖ trusted comment. */
  readonly globalSignature: Buffer;
}

/** The 16 hex digits by which people name a key, from its 8 bytes as they stand in minisign's files. */
export function formatKeyId(bytes: Buffer): string {
  return Buffer.from(bytes).reverse().toString('hex').toUpperCase();
}

function keyIdBytes(keyId: string): Buffer {
  return Buffer.from(keyId, 'hex').reverse();
}

/**
 * Reads a parcel's whole comment: 1 to 16 blocks, sorted by key id, one per key.
 *
 * @throws FerrymanError `framing.unsigned`, `signature.malformed`, `signature.legacy`
 */
export function parseComment(comment: Buffer): SignatureBlock[] {
  if (comment.length === 0) {
    throw new FerrymanError('framing.unsigned', 'expected 1 to 16 signatures in the zip comment, found none');
  }
  const lines = comment.toString('latin1').split('\n');
  if (lines.pop() !== '' || lines.length % 4 !== 0) {
    throw malformed(
      `expected blocks of four lines that each end with a line feed, found ${lines.length} lines`,
    );
  }
  const blocks: SignatureBlock[] = [];
  for (let first = 0; first < lines.length; first += 4) {
    const block = parseBlock(lines.slice(first, first + 4));
    const previous = blocks.at(-1);
    if (previous && previous.keyId >= block.keyId) {
      throw malformed(
        `expected blocks sorted by key id, one per key; found ${block.keyId} after ${previous.keyId}`,
      );
    }
    blocks.push(block);
  }
  if (blocks.length > maxSignatures) {
    throw malformed(`expected at most ${maxSignatures} signatures, found ${blocks.length}`);
  }
  return blocks;
}

function parseBlock(lines: string[]): SignatureBlock {
  const [untrusted = '', signatureLine = '', trusted = '', globalLine = ''] = lines;
  if (lines.join('\n').length + 1 > maxBlockBytes)
    throw malformed(`expected blocks of at most ${maxBlockBytes} bytes, found a longer one`);
  if (!lines.every((line) => /^[\t\x20-\x7e]*$/.test(line)))
    throw malformed('expected printable ASCII, found another byte');
  const { keyId, signature } = parseKeyedSignature(signatureLine);
  if (untrusted !== untrustedPrefix + keyId) {
    throw malformed(`expected the first line to be exactly "${untrustedPrefix}${keyId}", found another text`);
  }
  if (!trusted.startsWith(trustedPrefix))
    throw malformed(`expected the third line to begin with "${trustedPrefix}"`);
  return {
    keyId,
    signature,
    trustedComment: trusted.slice(trustedPrefix.length),
    globalSignature: strictBase64(globalLine, 64, 'global signature'),
  };
}

/**
 * Reads the second line of a block: base64 of ED ‖ key id ‖ signature.
 *
 * @throws FerrymanError `signature.malformed`, `signature.legacy`
 */
export function parseKeyedSignature(text: string): KeyedSignature {
  const packed = strictBase64(text, 74, 'signature');
  const algorithm = packed.toString('latin1', 0, 2);
  if (algorithm === legacy)
    throw new FerrymanError(
      'signature.legacy',
      "expected a prehashed signature ('ED'), found a legacy one ('Ed')",
    );
  if (algorithm !== prehashed) throw malformed('expected the algorithm ED, found another');
  return { keyId: formatKeyId(packed.subarray(2, 10)), signature: packed.subarray(10) };
}

export function formatKeyedSignature({ keyId, signature }: KeyedSignature): string {
  return Buffer.concat([Buffer.from(prehashed), keyIdBytes(keyId), signature]).toString('base64');
}

/** Base64 in its one spelling: minisign tolerates spare bits and line noise, a parcel does not. */
export function strictBase64(text: string, bytes: number, what: string): Buffer {
  const decoded = Buffer.from(text, 'base64');
  if (decoded.length !== bytes || decoded.toString('base64') !== text) {
    throw malformed(`expected the ${what} to be ${bytes} bytes in base64, found something else`);
  }
  return decoded;
}

function malformed(message: string): FerrymanError {
  return new FerrymanError('signature.malformed', message);
}

/** A block as text: also a `.minisig` file for stock minisign. */
export function formatBlock(block: SignatureBlock): string {
  return [
    untrustedPrefix + block.keyId,
    formatKeyedSignature(block),
    trustedPrefix + block.trustedComment,
    block.globalSignature.toString('base64'),
    '',
  ].join('\n');
}

/** Blocks as a parcel's comment, sorted by key id. */
export function formatComment(blocks: readonly SignatureBlock[]): Buffer {
  const sorted = blocks.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
  return Buffer.from(sorted.map(formatBlock).join(''), 'latin1');
}

/**
 * Reads a `.minisig` file of stock minisign. Its untrusted comment, which nobody signed, is dropped.
 *
 * @throws FerrymanError `signature.malformed`, `signature.legacy`
 */
export function parseMinisig(text: string): SignatureBlock {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n+$/, '').split('\n');
  const packed = Buffer.from(lines[1] ?? '', 'base64');
  if (lines.length !== 4 || packed.length !== 74)
    throw malformed('expected the four lines of a minisign signature file');
  return parseBlock([untrustedPrefix + formatKeyId(packed.subarray(2, 10)), ...lines.slice(1)]);
}

/**
 * The blocks of two copies of the same parcel as one set: one block per key, those of `first` where both have one.
 *
 * @throws FerrymanError `sign.too-many`
 */
export function mergeBlocks(
  first: readonly SignatureBlock[],
  second: readonly SignatureBlock[],
): SignatureBlock[] {
  const byKey = new Map([...second, ...first].map((block) => [block.keyId, block]));
  if (byKey.size > maxSignatures)
    throw new FerrymanError(
      'sign.too-many',
      `expected at most ${maxSignatures} signatures, found ${byKey.size}`,
    );
  return [...byKey.values()].toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
}
