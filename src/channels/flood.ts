/**
 * Flood: the relay store, into which the neighbour exchange puts updates. What is here by its digest and in the ledger
 * has been dealt with; anything else is news.
 */
import type { Channel } from './channel.ts';
import { DropFolder } from './drop-folder.ts';
import type { SetAside } from './set-aside.ts';

/** @param isKnown whether the ledger has an update with this digest */
export function flood(folder: string, aside: SetAside, isKnown: (digest: string) => boolean): Channel {
  const wants = (name: string): boolean => name.endsWith('.zip') && !isKnown(name.slice(0, -'.zip'.length));
  return new DropFolder({ name: 'flood', folder, wants, setAside: aside });
}
