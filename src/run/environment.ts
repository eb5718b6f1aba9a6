/** The environment of a script, built from nothing. Spec: docs/scripts.md. */
import { systemPath } from '../host/system-path.ts';
import type { ChannelName } from '../channels/channel-name.ts';
import type { RunFolder } from './run-folder.ts';

export interface ScriptContext {
  readonly root: string;
  readonly node: string;
  readonly sequence: number;
  readonly attempt: number;
  readonly channel: ChannelName;
  readonly nonce: string;
  /** A writable folder that is kept for this update. */
  readonly stateFolder: string;
  /** Folders put before the system's in `PATH`: where `ferryman` and its interpreter are. */
  readonly programs: readonly string[];
}

export function scriptEnvironment(context: ScriptContext, folder: RunFolder): Record<string, string> {
  return {
    PATH: [...context.programs, systemPath].join(':'),
    HOME: '/root',
    LANG: 'C.UTF-8',
    FERRYMAN_ROOT: context.root,
    FERRYMAN_NODE: context.node,
    FERRYMAN_SEQUENCE: String(context.sequence),
    FERRYMAN_ATTEMPT: String(context.attempt),
    FERRYMAN_CHANNEL: context.channel,
    FERRYMAN_NONCE: context.nonce,
    FERRYMAN_STATE: context.stateFolder,
    FERRYMAN_SHORT_LOG: folder.shortLog,
    FERRYMAN_LONG_LOG: folder.longLog,
    FERRYMAN_REBOOT: folder.rebootMarker,
  };
}
