/**
 * A way in which parcels arrive: a folder that is looked at. Nothing that a channel says is trusted: it only names files. What USB keys and
 * neighbours bring comes otherwise: src/usb and src/flood put it into the inbox themselves.
 *
 * Watches are hints, a scan is the truth. All channels pass the contract suite in test/channels.
 */
import type { ChannelName } from './channel-name.ts';
import type { FerrymanError } from '../errors.ts';

/** A file that a channel offers. */
export interface Arrival {
  readonly channel: ChannelName;
  readonly path: string;
  /** Changes whenever the file is another or is written to. */
  readonly fingerprint: string;
}

export interface Channel {
  readonly name: ChannelName;
  /** The folder whose changes are a reason to scan. */
  readonly folder: string;
  /**
   * The files that are worth a look now: new ones, and refused ones that have changed since.
   *
   * @param uptimeSeconds a clock that never jumps
   */
  scan(uptimeSeconds: number): Arrival[];
  /** The parcel is durable on this node: the channel may release its copy. */
  accepted(arrival: Arrival): void;
  /** The file did not prove to be a parcel of the office. */
  refused(arrival: Arrival, error: FerrymanError, uptimeSeconds: number): void;
  /** The trusted keys have changed: files that were refused for want of them are worth another look. */
  trustChanged(): void;
}

/** True when other keys could make the same file welcome. */
export function isForWantOfTrust({ code }: FerrymanError): boolean {
  return code.startsWith('verify.') || code === 'enrolment.unproven';
}
