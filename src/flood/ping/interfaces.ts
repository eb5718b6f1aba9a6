/** The networks on which neighbours are looked for. */
import type { NetworkInterfaceInfo } from 'node:os';

/** An IPv4 network that this machine is in; addresses as numbers of 32 bits. */
export interface Link {
  readonly name: string;
  readonly address: number;
  readonly mask: number;
}

/**
 * @param interfaces as `os.networkInterfaces()` tells them
 * @param allowed names; none: all but loopback
 */
export function linksOf(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
  allowed: readonly string[],
): Link[] {
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    allowed.length === 0 || allowed.includes(name)
      ? addresses
          .filter(({ family, internal }) => family === 'IPv4' && (!internal || allowed.includes(name)))
          .map(({ address, netmask }) => ({ name, address: toNumber(address), mask: toNumber(netmask) }))
          .filter(({ mask }) => hasBroadcast(mask))
      : [],
  );
}

/** A link of two has none. */
function hasBroadcast(mask: number): boolean {
  return ~mask >>> 0 >= 3;
}

export function broadcastOf({ address, mask }: Link): string {
  const all = (address | ~mask) >>> 0;
  return [24, 16, 8, 0].map((shift) => (all >>> shift) & 255).join('.');
}

/** True when an address is in one of these networks, and not this machine's own there. */
export function isOnLink(address: string, links: readonly Link[]): boolean {
  const number = toNumber(address);
  return links.some((link) => ((number ^ link.address) & link.mask) === 0 && number !== link.address);
}

function toNumber(address: string): number {
  const parts = address.split('.').map(Number);
  return parts.length === 4 ? parts.reduce((sum, part) => sum * 256 + part, 0) : Number.NaN;
}
