/** Archives and acknowledgements for tests, signed as nodes sign them. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { formatAck, type Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import { hashParcel, joinComment } from '../../src/parcel/framing.ts';
import { formatLog, type LogManifest } from '../../src/parcel/log-archive.ts';
import { listed, packedFile, packManifest } from '../../src/parcel/pack.ts';
import { publicKeyOf, signDigest, type SecretKey } from '../../src/parcel/secret-key.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { formatComment } from '../../src/parcel/signature-block.ts';
import { archivePath, parseArchivePath } from '../../src/flood/pool/archive-name.ts';
import { digestOf, fixedKey } from '../kit/office.ts';
import { signEnrolment } from '../../src/parcel/enrolment.ts';

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
  /** In place of so many at random. */
  readonly contents?: Buffer;
  /** In place of that: what can be read at home in `ledger.jsonl`. */
  readonly lines?: string;
}

/** A node that exists on paper alone: others carry what it has signed. Its office: {@link file://./fleet.ts}. */
export function paperNode(number: number, role: Role): NodeSigner {
  const key = fixedKey(0x80 + number);
  const guid = `${(0x80 + number).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const terms = { node: guid, role, serial: 500 + number, created: '2026-11-01T00:00:00Z' } as const;
  return { guid, key, line: signEnrolment({ ...terms, identity: publicKeyOf(key) }, fixedKey(1)) };
}

export const testIncarnation = '00000000000000aa';

/** A whole archive; without more said, a long one of this signer. */
export function signedArchive(
  signer: NodeSigner,
  { bytes = 300, contents = randomBytes(bytes), lines, ...draft }: ArchiveDraft,
): Buffer {
  const files = [
    lines === undefined
      ? packedFile('logs.tar.zst', contents)
      : packedFile('ledger.jsonl', Buffer.from(lines)),
  ];
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
  // Whole or not at all: a daemon may be looking.
  const part = join(dirname(path), `.${draft.sequence}.${kind}.part`);
  writeFileSync(part, bytes, { mode: 0o444 });
  renameSync(part, path);
  return hashParcel(bytes).digest;
}

/** Of an archive as {@link putArchive} makes it by default, below a folder of logs. */
export function usualPath(logs: string, { guid }: Pick<NodeSigner, 'guid'>, sequence: number): string {
  return join(logs, archivePath({ origin: guid, incarnation: testIncarnation, sequence, class: 'long' }));
}

/** Files of archives below a folder: `<origin>/<incarnation>/<name>`. */
export function archivesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => parseArchivePath(path) !== undefined)
    .toSorted();
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
