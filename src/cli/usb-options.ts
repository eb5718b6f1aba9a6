/** Options and words that the commands about USB keys share. */
import { text, texts, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { wholeNumber } from '../command-line/values.ts';
import type { FerrymanError } from '../errors.ts';
import { passTerms } from '../parcel/pass-words.ts';
import { trustNamed } from '../usb/office/office-trust.ts';
import type { LookedNotice } from '../usb/office/look-at-notice.ts';
import type { LookedPass } from '../usb/office/look-at-parcel.ts';
import { Tools } from '../usb/read/tools.ts';
import type { Trust } from '../verify/trust.ts';

/** `undefined`: none was named. @throws FerrymanError */
export function trustOf(input: Input): Trust | undefined {
  return trustNamed({
    files: texts(input, 'pub'),
    folder: text(input, 'keys'),
    threshold: wholeNumber('--threshold', text(input, 'threshold') ?? '1', 1),
  });
}

/** Whatever the step starts, or keeps open, ends with it. @param stallMs how long a tool may be silent */
export async function withTools<Result>(
  io: Io,
  step: (tools: Tools) => Promise<Result>,
  stallMs?: number,
): Promise<Result> {
  const tools = new Tools({
    path: `${io.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, // users have no sbin in theirs, and blkid is there
    signal: new AbortController().signal,
    ...(stallMs === undefined ? {} : { stallMs }),
  });
  try {
    return await step(tools);
  } finally {
    await tools.close();
  }
}

export function passLines({ terms, digest, signers }: LookedPass, isVerified: boolean): string[] {
  const facts = [
    ['for', terms.recipients.join(', ')],
    ['volume', terms.volume],
    ...passTerms(terms),
    ['digest', digest.slice(0, 16)],
    [isVerified ? 'signed by' : 'signatures', signersInWords(signers, isVerified)],
  ] as const;
  return [`pass of ${terms.technician}`, ...facts.map(([label, value]) => `  ${label.padEnd(10)}  ${value}`)];
}

export function signersInWords(signers: readonly string[], isVerified: boolean): string {
  return isVerified ? signers.join(', ') : `${signers.length}, not checked`;
}

/** As `--json` prints it. */
export function passJson({ terms, digest, signers }: LookedPass): object {
  const { volume, serial = null, technician, recipients, created, notAfter = null, uses = null, may } = terms;
  return { volume, serial, technician, recipients, created, notAfter, uses, may, digest, signers };
}

export function noticeJson({ kind, name, title, bytes, digest, signers }: LookedNotice): object {
  return { kind, name, title, bytes, digest, signers };
}

export function problemJson({ code, message }: FerrymanError): object {
  return { code, message };
}
