/** Which parcels of finished updates go for want of room, or because nobody needs them any more. Pure. */
import type { Kept } from './choose.ts';

export interface KeptParcel extends Kept {
  readonly sequence: number;
  /** No node that could be given it here would run it: superseded for all whom it addresses, or expired. */
  readonly isPast: boolean;
}

/** Whatever is past; then, until the rest fits, the smallest sequence first. */
export function parcelsToDrop(parcels: readonly KeptParcel[], maxBytes: number): KeptParcel[] {
  const drop = parcels.filter(({ isPast }) => isPast);
  const rest = parcels.filter(({ isPast }) => !isPast).toSorted((a, b) => a.sequence - b.sequence);
  let bytes = rest.reduce((sum, parcel) => sum + parcel.bytes, 0);
  for (const parcel of rest) {
    if (bytes <= maxBytes) break;
    drop.push(parcel);
    bytes -= parcel.bytes;
  }
  return drop;
}

/** Whether all whom the one addresses are addressed by the other too: `all`, or each of them by the same name. */
export function addresses(other: readonly string[], one: readonly string[]): boolean {
  return other.includes('all') || one.every((who) => other.includes(who));
}
