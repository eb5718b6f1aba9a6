/** An office for tests: keys, folders, parcels, made by the same code that the office's tool uses. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinComment, ParcelHasher } from '../../src/parcel/framing.ts';
import type { Mode } from '../../src/parcel/canonical-zip.ts';
import type { UpdateManifest } from '../../src/parcel/manifest.ts';
import { formatPublicKey, type PublicKey } from '../../src/parcel/public-key.ts';
import { publicKeyOf, signDigest, type SecretKey } from '../../src/parcel/secret-key.ts';
import { formatComment } from '../../src/parcel/signature-block.ts';
import { formatUsbPass, type UsbPass } from '../../src/parcel/usb-pass.ts';
import { packManifest, packZip, type PackedFile } from '../../src/parcel/pack.ts';

export { fixedKey } from '../../fixtures/kit/keys.ts';

/** Writes the public half to a file and returns its path. */
export function writePublicKey(folder: string, key: SecretKey): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${key.keyId}.pub`);
  writeFileSync(path, formatPublicKey(publicKeyOf(key)));
  return path;
}

export function trusted(...keys: SecretKey[]): PublicKey[] {
  return keys.map(publicKeyOf);
}

/** What a test says of an update; the rest has defaults. */
export interface Draft extends Partial<Omit<UpdateManifest, 'files' | 'script'>> {
  /** Text of `run.sh`, without its first line. */
  readonly script?: string;
  /** Other files: path to contents. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly terms?: Partial<UpdateManifest['script']>;
}

export const defaultCreated = '2026-11-01T00:00:00Z';

function packed(path: string, contents: Buffer, mode: Mode): PackedFile {
  return {
    path,
    contents,
    mode,
    size: contents.length,
    sha256: createHash('sha256').update(contents).digest('hex'),
  };
}

/** Manifest and files of a draft, in the order of the format. */
export function draftParts(draft: Draft): { manifest: UpdateManifest; files: PackedFile[] } {
  const { script = 'exit 0', files: extra = {}, terms, ...rest } = draft;
  const files = [
    packed('run.sh', Buffer.from(`#!/bin/sh\n${script}\n`), 0o755),
    ...Object.entries(extra).map(([path, contents]) => packed(path, Buffer.from(contents), 0o644)),
  ].toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const manifest: UpdateManifest = {
    sequence: 1,
    title: 'a test update',
    recipients: ['all'],
    created: defaultCreated,
    requires: [],
    supersedes: [],
    ...rest,
    script: { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1, ...terms },
    files: files.map(({ path, size, sha256, mode }) => ({ path, size, sha256, mode })),
  };
  return { manifest, files };
}

/** S: the canonical zip of a draft, unsigned. */
export function unsignedUpdate(draft: Draft): Buffer {
  const { manifest, files } = draftParts(draft);
  return packZip(manifest, files);
}

export function digestOf(zip: Buffer): string {
  const hasher = new ParcelHasher();
  hasher.update(zip);
  return hasher.finish().digest;
}

/** Signs any zip that ends with an empty comment, whatever is in it. */
export function signZip(zip: Buffer, ...keys: SecretKey[]): Buffer {
  const digest = digestOf(zip);
  return joinComment(zip, formatComment(keys.map((key) => signDigest(digest, key, 'ferryman test'))));
}

/** A whole parcel. */
export function signedUpdate(draft: Draft, ...keys: SecretKey[]): Buffer {
  return signZip(unsignedUpdate(draft), ...keys);
}

/** A pass with defaults: everybody may bring updates by the key 3EF5-2A49, for ever. */
export function draftPass(draft: Partial<UsbPass> = {}): UsbPass {
  return {
    volume: '3EF5-2A49',
    technician: 'Ravi Kumar',
    recipients: ['all'],
    created: defaultCreated,
    may: ['apply'],
    ...draft,
  };
}

/** The whole parcel of a pass. */
export function signedPass(draft: Partial<UsbPass>, ...keys: SecretKey[]): Buffer {
  return signZip(packManifest(formatUsbPass(draftPass(draft)), []), ...keys);
}
