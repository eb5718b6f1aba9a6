/**
 * Reads the pass of a key, with the keys and the threshold that updates are verified with. What it grants, and whether it fits,
 * is for `judge-pass.ts`. Pure: bytes in.
 */
import { FerrymanError } from '../../errors.ts';
import { bufferSource } from '../../parcel/buffer-source.ts';
import { ParcelHasher } from '../../parcel/framing.ts';
import { maxPassBytes } from '../../parcel/limits.ts';
import { parseComment } from '../../parcel/signature-block.ts';
import { openUsbPass, type UsbPass } from '../../parcel/usb-pass.ts';
import { checkTrust, type Trust } from '../../verify/trust.ts';
import { verify, type VerifiedParcel } from '../../verify/verify.ts';

/** Where a pass stands on a key. */
export const passPath = 'ferryman/pass.zip';

/** Proof that the office signed a pass. Only {@link readPass} makes one. */
class Proven {
  // A private field makes the type nominal: nothing else in the program can pass for it.
  readonly #proof: VerifiedParcel;
  readonly terms: UsbPass;

  constructor(proof: VerifiedParcel, terms: UsbPass) {
    this.#proof = proof;
    this.terms = terms;
  }

  /** BLAKE2b-512 of S, 128 hex digits: what uses are counted by. */
  get digest(): string {
    return this.#proof.digest;
  }

  /** Key ids of the signers, sorted. */
  get signers(): string[] {
    return this.#proof.signers;
  }
}

export type VerifiedPass = Proven;

/**
 * @param bytes the whole file; one byte more than {@link maxPassBytes} is enough to see that it is too large
 * @throws FerrymanError `usb.pass-forged`: whatever is wrong with it; `trust.*`: nothing can be verified on this node
 */
export async function readPass(bytes: Buffer, trust: Trust): Promise<VerifiedPass> {
  checkTrust(trust);
  try {
    if (bytes.length > maxPassBytes)
      throw new FerrymanError('framing.too-large', `expected at most ${maxPassBytes} bytes, found more`);
    const hasher = new ParcelHasher();
    hasher.update(bytes);
    const { digest, framing } = hasher.finish();
    const proof = verify({ digest, blocks: parseComment(framing.comment) }, trust);
    return new Proven(proof, await openUsbPass(bufferSource(bytes), framing.eocdOffset));
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    throw new FerrymanError('usb.pass-forged', `${passPath}: ${error.message}`, { cause: error });
  }
}
