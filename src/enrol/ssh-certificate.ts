/**
 * OpenSSH's public keys and certificates of type ssh-ed25519, taken apart. Pure; it checks no signature, since what is read here came
 * in a parcel that the office has signed.
 *
 *   ssh-ed25519                     string type ‖ string key, 32 bytes
 *   ssh-ed25519-cert-v01@…          string type ‖ string nonce ‖ string key ‖ uint64 serial ‖ uint32 1 user, 2 host ‖ string key id ‖
 *                                   string principals ‖ uint64 after ‖ uint64 before ‖ string critical options ‖ string extensions ‖
 *                                   string reserved ‖ string CA key ‖ string signature
 *
 * Spec: RFC 8709, and PROTOCOL.certkeys of OpenSSH.
 */
import { createHash } from 'node:crypto';
import { FerrymanError } from '../errors.ts';

const keyType = 'ssh-ed25519';
const certificateType = 'ssh-ed25519-cert-v01@openssh.com';

/** A line `type base64 [comment]`. @returns the base64 of an ssh-ed25519 key, which is how a request names it. @throws FerrymanError `ssh.malformed` */
export function publicKeyIn(line: string, what: string): string {
  const [type, base64 = ''] = line.trim().split(' ');
  const bytes = Buffer.from(base64, 'base64');
  if (type !== keyType || bytes.length !== 51 || bytes.toString('base64') !== base64) throw malformed(what);
  return base64;
}

/** As `ssh-keygen -l` shows it. @param base64 as {@link publicKeyIn} tells it */
export function sshFingerprint(base64: string): string {
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** Type and base64, without a comment: as files and lists of keys take it. */
export function keyLine(base64: string): string {
  return `${keyType} ${base64}`;
}

export interface SshCertificate {
  readonly kind: 'user' | 'host';
  readonly serial: number;
  readonly keyId: string;
  readonly principals: readonly string[];
  /** As {@link publicKeyIn} tells it: of whom it is, and of the CA. */
  readonly key: string;
  readonly ca: string;
  /** `-V always:forever`. */
  readonly isForEver: boolean;
  /** `force-command`; `undefined`: none. */
  readonly command: string | undefined;
}

/** @throws FerrymanError `ssh.malformed` */
export function parseCertificate(line: string, what: string): SshCertificate {
  const [type, base64 = ''] = line.trim().split(' ');
  if (type !== certificateType) throw malformed(what);
  const fields = new Fields(Buffer.from(base64, 'base64'), what);
  if (fields.text() !== certificateType) throw malformed(what);
  fields.bytes(); // nonce
  const key = fields.bytes();
  const serial = fields.uint64();
  const kind = fields.uint32();
  const keyId = fields.text();
  const principals = fields.list();
  const [after, before] = [fields.uint64(), fields.uint64()];
  const options = fields.list();
  fields.bytes(); // extensions
  fields.bytes();
  const at = options.indexOf('force-command');
  const packed = Buffer.from(options[at + 1] ?? '', 'latin1');
  return {
    kind: kind === 1 ? 'user' : 'host',
    serial: Number(serial),
    keyId,
    principals,
    key: packKey(key),
    ca: fields.bytes().toString('base64'),
    isForEver: after === 0n && before === 0xffff_ffff_ffff_ffffn,
    command: at < 0 ? undefined : new Fields(packed, what).text(),
  };
}

function packKey(key: Buffer): string {
  return Buffer.concat([packPart(Buffer.from(keyType)), packPart(key)]).toString('base64');
}

function packPart(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** What ssh packs, from front to back. */
class Fields {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  #take(count: number): Buffer {
    const part = this.#bytes.subarray(this.#at, this.#at + count);
    if (part.length !== count) throw malformed(this.#what);
    this.#at += count;
    return part;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  bytes(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.bytes().toString('latin1');
  }

  /** Texts packed in a text. */
  list(): string[] {
    const inner = new Fields(this.bytes(), this.#what);
    const texts: string[] = [];
    while (inner.#at < inner.#bytes.length) texts.push(inner.text());
    return texts;
  }
}

function malformed(what: string): FerrymanError {
  return new FerrymanError(
    'ssh.malformed',
    `${what}: expected an ssh-ed25519 key or certificate, found something else`,
  );
}
