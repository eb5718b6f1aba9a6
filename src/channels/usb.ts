/** USB: a mounted key, only ever read; updates are `ferryman/updates/*.zip` on it. */
import { join } from 'node:path';
import type { Channel } from './channel.ts';
import { DropFolder } from './drop-folder.ts';

export function usb(mountPoint: string): Channel {
  const folder = join(mountPoint, 'ferryman/updates');
  return new DropFolder({
    name: 'usb',
    folder,
    wants: (name) => name.endsWith('.zip'),
    release: 'keep',
    setAside: undefined,
  });
}
