/** What a proxy hands to the fleet store when it has unpacked an archive. */
import type { Enrolment } from '../../parcel/enrolment.ts';
import type { LogManifest } from '../../parcel/log-archive.ts';

export interface SettledArchive {
  readonly origin: string;
  readonly incarnation: string;
  readonly sequence: number;
  readonly class: string;
  /** 128 hex digits. */
  readonly digest: string;
  readonly bytes: number;
  readonly receivedAtMs: number;
  /** By what road, in one word. */
  readonly road: string;
  /** GUID of the proxy. */
  readonly proxy: string;
  /** `undefined`: it does not unpack, see `problem`. */
  readonly word: ArchiveWord | undefined;
  /** Why it does not unpack. */
  readonly problem: string;
}

/** What is proven of an archive: its own words, and the office's of its node. */
export interface ArchiveWord {
  readonly manifest: LogManifest;
  readonly enrolment: Enrolment;
}
