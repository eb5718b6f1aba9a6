import type { Layout } from '../node/layout.ts';

/**
 * The folder that a peer may fetch from. A gateway keeps logs where only a proxy is led, so that they go nowhere else: its relay folder
 * has none.
 *
 * @param own role of this node
 * @param peer role of the neighbour, by its certificate
 */
export function offerFor(layout: Pick<Layout, 'relay' | 'homeward'>, own: string, peer: string): string {
  return own === 'gateway' && peer === 'proxy' ? layout.homeward : layout.relay;
}
