/**
 * Backhaul: a folder in which a delay-tolerant engine drops files, possibly piece by piece. A parcel proves its own
 * wholeness, so no engine's word is needed: one that does not verify is tried again when it changes, and set aside after
 * a quiet time.
 */
import type { Channel } from './channel.ts';
import { DropFolder } from './drop-folder.ts';
import type { SetAside } from './set-aside.ts';

export function backhaul(folder: string, aside: SetAside): Channel {
  return new DropFolder({
    name: 'backhaul',
    folder,
    wants: () => true,
    setAside: aside,
  });
}
