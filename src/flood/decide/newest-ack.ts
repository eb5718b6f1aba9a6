/** Which acknowledgement of a proxy and shard to keep. Pure. Spec: docs/format.md §15. */

/** What tells acknowledgements of one proxy and shard apart. */
export interface AckVersion {
  /** Serial of the proxy's enrolment inside. */
  readonly serial: number;
  /** 16 hex digits: of the proxy's store. */
  readonly epoch: string;
  readonly number: number;
}

export type AckStanding = 'newer' | 'same' | 'older' | 'conflict';

/**
 * How an offered acknowledgement stands to the one held.
 *
 * A higher serial is newer. Under one serial a proxy has one epoch, so another one is a `conflict`: a store put back from an old
 * copy without being enrolled anew. Serial goes before number, not the epoch: with the epoch first, three acknowledgements can each
 * be newer than the next in a circle, and would flood for ever.
 */
export function standingOf(offered: AckVersion, held: AckVersion | undefined): AckStanding {
  if (!held || offered.serial > held.serial) return 'newer';
  if (offered.serial < held.serial) return 'older';
  if (offered.epoch !== held.epoch) return 'conflict';
  if (offered.number === held.number) return 'same';
  return offered.number > held.number ? 'newer' : 'older';
}
