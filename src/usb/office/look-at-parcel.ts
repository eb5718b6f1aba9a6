/** Looks into parcels in the office, where there may be no key to verify them with. What they say proves nothing then. */
import { openHashed, prove, type HashedFile } from '../../store/verified-file.ts';
import type { Links } from '../../durable/file-source.ts';
import { asUpdate, discard, openManifest, readContents } from '../../parcel/archive.ts';
import { bufferSource } from '../../parcel/buffer-source.ts';
import { FerrymanError } from '../../errors.ts';
import { ParcelHasher } from '../../parcel/framing.ts';
import { maxPassBytes } from '../../parcel/limits.ts';
import type { UpdateManifest } from '../../parcel/manifest.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import { openUsbPass, type UsbPass } from '../../parcel/usb-pass.ts';
import { readPass, type VerifiedPass } from '../pass/read-pass.ts';
import type { Trust } from '../../verify/trust.ts';

/** What every parcel that was looked at tells. */
export interface Looked {
  readonly digest: string;
  /** Key ids of the signatures; with trust only those that were checked. */
  readonly signers: readonly string[];
}

export interface LookedPass extends Looked {
  readonly terms: UsbPass;
}

export interface LookedUpdate extends Looked {
  readonly manifest: Omit<UpdateManifest, 'files'>;
  readonly bytes: number;
  /** BLAKE2b-512 of the whole file. */
  readonly fileHash: string;
}

/** @throws FerrymanError `usb.pass-forged` and `verify.threshold` with trust; without it also what is wrong in its own code */
export async function lookAtPass(bytes: Buffer, trust: Trust | undefined): Promise<LookedPass> {
  if (trust) {
    const { digest, signers, terms } = await readSigned(bytes, trust);
    return { digest, signers, terms };
  }
  if (bytes.length > maxPassBytes)
    throw new FerrymanError(
      'manifest.other-kind',
      `expected a pass of at most ${maxPassBytes} bytes, as sign-update usb-pass makes it; found more`,
    );
  const hasher = new ParcelHasher();
  hasher.update(bytes);
  const { digest, framing } = hasher.finish();
  const signers = parseComment(framing.comment).map(({ keyId }) => keyId);
  return { digest, signers, terms: await openUsbPass(bufferSource(bytes), framing.eocdOffset) };
}

/** For a node a pass with too few signatures is a forged one; in the office somebody has yet to sign it. */
async function readSigned(bytes: Buffer, trust: Trust): Promise<VerifiedPass> {
  try {
    return await readPass(bytes, trust);
  } catch (error) {
    const why = error instanceof FerrymanError ? error.cause : undefined;
    throw why instanceof FerrymanError && why.code === 'verify.threshold' ? why : error;
  }
}

/** Reads the whole update. @throws FerrymanError `source.*`, `framing.*`, `signature.*`, `verify.*`, `zip.*`, `manifest.*` */
export async function lookAtUpdate(
  path: string,
  links: Links,
  trust: Trust | undefined,
): Promise<LookedUpdate> {
  const file = await openHashed(path, links);
  try {
    const signers = trust ? prove(file, trust).proof.signers : claimedSigners(file);
    const { framing, digest, fileHash, source } = file;
    const archive = asUpdate(await openManifest(source, framing.eocdOffset));
    await readContents(source, archive, () => discard);
    const { files: _files, ...manifest } = archive.manifest;
    return { digest, signers, manifest, bytes: framing.size, fileHash };
  } finally {
    file.close();
  }
}

function claimedSigners({ framing }: HashedFile): string[] {
  return parseComment(framing.comment).map(({ keyId }) => keyId);
}
