/**
 * What was set aside, offered once more: after a change of the trusted keys, since a parcel may have come before its key.
 * Not among the channels that are scanned all the time.
 */
import type { ChannelName } from './channel-name.ts';
import type { Channel } from './channel.ts';
import { DropFolder } from './drop-folder.ts';

/** @param folder of set-aside files. @param name the channel that brought them */
export function secondLook(folder: string, name: ChannelName): Channel {
  return new DropFolder({ name, folder, wants: () => true, setAside: undefined });
}
