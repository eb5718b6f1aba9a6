/** A neighbour by its address, as `[flood] peers` writes it. Pure. */
import { isGuid } from '../parcel/recipients.ts';

/** Where a neighbour can be met. */
export interface Peer {
  /** GUID. */
  readonly node: string;
  /** A name or an address. */
  readonly host: string;
  /** Of ssh. */
  readonly port: number;
  /** It holds a way back open to this machine: with nobody at the port it has let go of it for now. */
  readonly isReverse?: true;
}

/** Reads `GUID@HOST:PORT`; an IPv6 address stands in brackets. `undefined` when it is not of that form. */
export function parsePeer(text: string): Peer | undefined {
  const [, node = '', bracketed, plain, port = ''] =
    /^([^@]+)@(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})?)):([1-9]\d{0,4})$/.exec(text) ??
    [];
  const host = bracketed ?? plain;
  if (host === undefined || !isGuid(node) || Number(port) > 65_535) return undefined;
  return { node, host, port: Number(port) };
}
