import { isIPv6 } from 'node:net';

/**
 * What tries are counted by: an IPv4 address, the first 64 bits of an IPv6 one (`2001:db8:0:1::/64`), of which one machine has all
 * addresses; `other` for what is no address. Source: RFC 6177.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain.length <= 15 ? plain : 'other';
  const [front = '', back] = plain.toLowerCase().split('::');
  const head = front === '' ? [] : front.split(':');
  const tail = back === undefined || back === '' ? [] : back.split(':');
  // Dotted figures at the end stand for two groups.
  const length = head.length + tail.length + (plain.includes('.') ? 1 : 0);
  const groups = [...head, ...Array.from({ length: 8 - length }, () => '0'), ...tail].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
