/**
 * What stands here already, offered once more. What was set aside, after a change of the trusted keys: a parcel may have come before its
 * key. What is in the store and not in the ledger, at the start: the ledger was lost. Not among the channels that are scanned all the time.
 */
import type { ChannelName } from './channel-name.ts';
import type { Channel } from './channel.ts';
import { DropFolder } from './drop-folder.ts';

/** @param name the channel that brought them @param wants which names */
export function secondLook(
  folder: string,
  name: ChannelName,
  wants: (name: string) => boolean = () => true,
): Channel {
  return new DropFolder({ name, folder, wants, setAside: undefined });
}
