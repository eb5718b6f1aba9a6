/**
 * Decides what a pass opens here: whether it is for this key and this node, and whether it still grants anything. Pure: facts in, a
 * judgement out. Spec: docs/format.md §10.
 */
import { counted } from '../../command-line/counted.ts';
import { FerrymanError, type ErrorCode } from '../../errors.ts';
import { isAddressed, type Addressee } from '../../parcel/recipients.ts';
import type { PassRight, UsbPass } from '../../parcel/usb-pass.ts';
import type { VerifiedPass } from './read-pass.ts';

/** What a pass is held against. */
export interface PassFacts {
  /** What is about to be done. */
  readonly wanted: PassRight;
  /** UUID of the key's file system, read from the key itself. */
  readonly volume: string;
  /** Of the USB device; `undefined` when it tells none. */
  readonly serial: string | undefined;
  readonly node: Addressee;
  /** The newest time that the office has signed, RFC 3339; `undefined`: none is known. */
  readonly timeFloor: string | undefined;
  /** Uses of this pass that were counted here, the visit that is going on left out. */
  readonly uses: number;
}

export type PassJudgement =
  | { readonly kind: 'accepted'; readonly pass: VerifiedPass }
  /** Nothing is taken from the key, but results of earlier visits are still written back to it. */
  | { readonly kind: 'grants-nothing'; readonly pass: VerifiedPass; readonly error: FerrymanError }
  /** Nothing is taken from the key, and it is told nothing but why. */
  | { readonly kind: 'invalid'; readonly error: FerrymanError };

/** @param pass `undefined`: the key has none */
export function judgePass(pass: VerifiedPass | undefined, facts: PassFacts): PassJudgement {
  if (!pass)
    return { kind: 'invalid', error: new FerrymanError('usb.pass-missing', 'expected a pass, found none') };
  const misfit = findMisfit(pass.terms, facts);
  if (misfit) return { kind: 'invalid', error: refusal(pass, misfit) };
  const end = findEnd(pass.terms, facts);
  if (end) return { kind: 'grants-nothing', pass, error: refusal(pass, end) };
  return { kind: 'accepted', pass };
}

type Finding = readonly [code: ErrorCode, text: string];

function findMisfit(terms: UsbPass, { volume, serial, node }: PassFacts): Finding | undefined {
  if (terms.volume !== volume)
    return ['usb.pass-volume', `expected the volume ${terms.volume}, found ${volume || 'one without UUID'}`];
  if (terms.serial !== undefined && terms.serial !== serial?.trim())
    return [
      'usb.pass-serial',
      `expected the device with the serial number ${terms.serial}, found ${serial === undefined ? 'one that tells none' : 'another'}`,
    ];
  if (!isAddressed(terms.recipients, node))
    return ['usb.pass-node', `expected a pass for ${node.guid}, found one for other nodes`];
  return undefined;
}

function findEnd(terms: UsbPass, { wanted, timeFloor, uses }: PassFacts): Finding | undefined {
  if (terms.notAfter !== undefined && timeFloor !== undefined && timeFloor > terms.notAfter)
    return [
      'usb.pass-expired',
      `expected one that is still good, found the end ${terms.notAfter} before ${timeFloor}, when the office has signed`,
    ];
  if (!terms.may.includes(wanted))
    return ['usb.pass-not-for-this', `expected one that may "${wanted}", found "${terms.may.join('", "')}"`];
  if (terms.uses !== undefined && uses >= terms.uses)
    return [
      'usb.pass-used-up',
      `expected at most ${counted(terms.uses, 'use')} on this node, found ${uses} counted`,
    ];
  return undefined;
}

function refusal({ terms, digest }: VerifiedPass, [code, text]: Finding): FerrymanError {
  return new FerrymanError(code, `pass ${digest.slice(0, 16)} of ${terms.technician}: ${text}`);
}
