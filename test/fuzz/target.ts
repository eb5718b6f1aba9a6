/** What a fuzz target is: a reader of ours, inputs to begin with, and what must hold for every input. */
import { FerrymanError, type ErrorCode } from '../../src/errors.ts';

export interface Target {
  readonly name: string;
  /** Longer inputs are cut. At most {@link maxInputBytes}. */
  readonly maxBytes: number;
  /** Blocks of our code that one byte of input may make run: more is slow, whatever the machine. */
  readonly blocksPerByte: number;
  /** Pieces of the language that the reader reads; what stands in the sources need not be named. */
  readonly words?: readonly string[];
  /** Sound and unsound inputs, the same every time. */
  seeds(): Buffer[];
  /**
   * Reads an input and returns what came of it, in one word.
   *
   * @param scratch an empty folder for targets that read files; what is left there stays between inputs
   * @throws anything at all is a finding
   */
  run(input: Buffer, scratch: string): string | Promise<string>;
}

/** Bytes of the longest input of any target. */
export const maxInputBytes = 64 * 1024;

/** What readers of an archive and its manifest refuse with. */
export const archiveCodes: readonly ErrorCode[] = [
  'framing.truncated',
  'framing.ambiguous',
  'zip.not-canonical',
  'zip.bad-name',
  'zip.duplicate-name',
  'zip.too-large',
  'zip.damaged',
  'manifest.malformed',
  'manifest.other-kind',
  'manifest.files-differ',
];

/** Something that must hold did not. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function holds(condition: boolean, promise: string): void {
  if (!condition) throw new Broken(promise);
}

/** What `read` gives, or the code with which it refuses; any other code, and any other error, is thrown on. */
export function readOrRefuse<Result extends object>(
  read: () => Result,
  codes: readonly ErrorCode[],
): Result | ErrorCode {
  try {
    return read();
  } catch (error) {
    return refusalIn(error, codes);
  }
}

/** @throws the error, when it is not a refusal with one of the codes that a terminal can show */
export function refusalIn(error: unknown, codes: readonly ErrorCode[]): ErrorCode {
  if (!(error instanceof FerrymanError) || !codes.includes(error.code)) throw error;
  holds(!/[\p{C}\p{Zl}\p{Zp}]/u.test(error.message), 'a refusal is one line that no terminal acts on');
  holds(error.message.length < 1000, 'a refusal is short');
  return error.code;
}
