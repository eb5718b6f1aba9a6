/** Archives and acknowledgements for tests, signed as nodes sign them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { formatAck, type Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import { hashParcel, joinComment } from '../../src/parcel/framing.ts';
import { formatLog, type LogManifest } from '../../src/parcel/log-archive.ts';
import { listed, packedFile, packManifest } from '../../src/parcel/pack.ts';
import { signDigest, type SecretKey } from '../../src/parcel/secret-key.ts';
import { formatComment } from '../../src/parcel/signature-block.ts';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import { digestOf } from '../kit/office.ts';

/** Who signs: a node with its enrolment. */
export interface NodeSigner {
  readonly guid: string;
  readonly key: SecretKey;
  /** Of the enrolment. */
  readonly line: string;
}

/** Signs any zip that ends with an empty comment. */
export function signByNode(zip: Buffer, { key, line }: NodeSigner): Buffer {
  return joinComment(zip, formatComment([signDigest(digestOf(zip), key, line)]));
}

export interface ArchiveDraft extends Partial<Omit<LogManifest, 'files'>> {
  readonly sequence: number;
  /** Of the one file in it, random. */
  readonly bytes?: number;
}

export const testIncarnation = '00000000000000aa';

/** A whole archive; without more said, a long one of this signer. */
export function signedArchive(signer: NodeSigner, { bytes = 300, ...draft }: ArchiveDraft): Buffer {
  const files = [packedFile('logs.tar.zst', randomBytes(bytes))];
  const manifest: LogManifest = {
    origin: signer.guid,
    incarnation: testIncarnation,
    class: 'long',
    created: '2026-11-01T00:00:00Z',
    full: draft.sequence === 1,
    voids: [],
    ...draft,
    files: listed(files),
  };
  return signByNode(packManifest(formatLog(manifest), files), signer);
}

/** Puts an archive into a pool, as its origin does. @returns its digest */
export function putArchive(logs: string, signer: NodeSigner, draft: ArchiveDraft): string {
  const bytes = signedArchive(signer, draft);
  const { origin = signer.guid, incarnation = testIncarnation, class: kind = 'long' } = draft;
  const path = join(logs, archivePath({ origin, incarnation, sequence: draft.sequence, class: kind }));
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, bytes, { mode: 0o444 });
  return hashParcel(bytes).digest;
}

export function signedAck(signer: NodeSigner, ack: Partial<Acknowledgement>): Buffer {
  const manifest: Acknowledgement = {
    proxy: signer.guid,
    epoch: '00000000000000bb',
    number: 1,
    shard: 0,
    created: '2026-11-02T00:00:00Z',
    origins: [],
    ...ack,
  };
  return signByNode(packManifest(formatAck(manifest), []), signer);
}
