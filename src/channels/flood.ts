/**
 * Flood: the relay store, into which the neighbour exchange puts updates. What is here by its digest and in the ledger
 * has been dealt with; anything else is news.
 */
import type { Channel } from './channel.ts';
import { DropFolder } from './drop-folder.ts';

/** @param isKnown whether the ledger has an update with this digest */
export function flood(folder: string, quietSeconds: number, isKnown: (digest: string) => boolean): Channel {
  const wants = (name: string): boolean => name.endsWith('.zip') && !isKnown(name.slice(0, -'.zip'.length));
  return new DropFolder({ name: 'flood', folder, wants, release: 'remove', setAsideSeconds: quietSeconds });
}
