/** Reads a parcel as a node does, stage by stage, and tells how far it came. */
import { FerrymanError, type ErrorCode } from '../../src/errors.ts';
import { openArchive, readContents } from '../../src/parcel/archive.ts';
import type { ByteSource } from '../../src/parcel/byte-source.ts';
import { ParcelHasher, type HashedParcel } from '../../src/parcel/framing.ts';
import type { UpdateManifest } from '../../src/parcel/manifest.ts';
import { parseComment } from '../../src/parcel/signature-block.ts';
import type { Trust } from '../../src/verify/trust.ts';
import { verify, type VerifiedParcel } from '../../src/verify/verify.ts';

export function hashed(parcel: Buffer): HashedParcel {
  const hasher = new ParcelHasher();
  hasher.update(parcel);
  return hasher.finish();
}

/** Framing, blocks and signatures. @throws FerrymanError */
export function verified(parcel: Buffer, trust: Trust): VerifiedParcel {
  const { digest, framing } = hashed(parcel);
  return verify({ digest, blocks: parseComment(framing.comment) }, trust);
}

/** Code and words of what `use` throws; a failure of any other kind is thrown on. */
export function refusal(use: () => unknown): FerrymanError {
  try {
    use();
  } catch (error) {
    if (error instanceof FerrymanError) return error;
    throw error;
  }
  throw new Error('expected a refusal, found none');
}

/** The code with which `use` fails, `undefined` when it does not. */
export function codeOf(use: () => unknown): ErrorCode | undefined {
  try {
    use();
    return undefined;
  } catch (error) {
    if (error instanceof FerrymanError) return error.code;
    throw error;
  }
}

/** The same of work that takes its time. */
export async function codeOfAsync(use: () => Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await use();
    return undefined;
  } catch (error) {
    if (error instanceof FerrymanError) return error.code;
    throw error;
  }
}

export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => {
      if (offset + length > bytes.length) throw new FerrymanError('zip.damaged', 'read past the end');
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The manifest and every file of a parcel's archive. @throws FerrymanError `zip.*`, `manifest.*` */
export async function readArchive(
  parcel: Buffer,
): Promise<{ readonly manifest: UpdateManifest; readonly files: ReadonlyMap<string, Buffer> }> {
  const source = bufferSource(parcel);
  const archive = await openArchive(source, hashed(parcel).framing.eocdOffset);
  const files = new Map<string, Buffer>();
  await readContents(source, archive, ({ path }) => {
    const chunks: Buffer[] = [];
    return {
      write: (chunk) => void chunks.push(Buffer.from(chunk)),
      close: () => void files.set(path, Buffer.concat(chunks)),
    };
  });
  return { manifest: archive.manifest, files };
}

/** What came of a parcel. */
export type Judgement =
  | { readonly stage: 'accepted'; readonly digest: string }
  | {
      readonly stage: 'before-signature' | 'after-signature';
      readonly code: ErrorCode;
      readonly reason: string;
    };

/** The whole way: framing, signatures, archive, manifest, contents. */
export async function judge(parcel: Buffer, trust: Trust): Promise<Judgement> {
  let stage: 'before-signature' | 'after-signature' = 'before-signature';
  try {
    const { digest } = verified(parcel, trust);
    stage = 'after-signature';
    await readArchive(parcel);
    return { stage: 'accepted', digest };
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    return { stage, code: error.code, reason: error.message };
  }
}
