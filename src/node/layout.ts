/** Where things stand on disk. `--root DIR` moves all of it. Documented in ARCHITECTURE.md. */
import { join } from 'node:path';

/** How the names of files with public keys end. */
export const publicKeySuffix = '.pub';

export interface Layout {
  readonly root: string;
  /** Configuration, trusted keys, identity. */
  readonly etc: string;
  readonly configFile: string;
  /** The last configuration by which a ferryman has started here. */
  readonly keptConfigFile: string;
  /** Public keys of the office, one `.pub` file each. */
  readonly keys: string;
  readonly identityKey: string;
  readonly identityPublicKey: string;
  /** State that must survive: ledger and spool. */
  readonly state: string;
  readonly ledgerFile: string;
  /** What the office knows of its nodes, where it is kept in SQLite. */
  readonly fleetFile: string;
  readonly lockFile: string;
  /** Held for an instant by whoever changes the office keys. */
  readonly trustLockFile: string;
  /** Parcels that arrived and were not looked at yet. */
  readonly inbox: string;
  /** What neighbours may have from here: `updates`, `acks`, `logs`, `roster.zip`. */
  readonly relay: string;
  /** Verified updates, by digest: what runs here and what is relayed. What others put there is not looked at. */
  readonly relayUpdates: string;
  /** The newest acknowledgement of each proxy and shard. */
  readonly relayAcks: string;
  /** Archives of logs, own and foreign: `<origin>/<incarnation>/<sequence>.<class>.zip`. */
  readonly relayLogs: string;
  /** What a gateway offers to a proxy alone. */
  readonly homeward: string;
  /** Archives of logs on a gateway. */
  readonly homewardLogs: string;
  /** What is being fetched, a folder per neighbour; nothing there is to be believed. */
  readonly staging: string;
  /** What neighbours brought and proved wrong, for a person to look at. */
  readonly quarantine: string;
  /** One folder per run: status file, captured output, unpacked tree. */
  readonly runs: string;
  /** One folder per update, kept for its scripts. */
  readonly scriptState: string;
  /** What scripts find `ferryman` in, when it is the single executable. */
  readonly programs: string;
  /** Files that never proved to be parcels, for a person to look at; a folder per channel. */
  readonly setAside: string;
  /** Where a delay-tolerant engine drops parcels, unless configured otherwise. */
  readonly backhaul: string;
  /** Long logs and the short-log file. */
  readonly log: string;
  /** Versions of ferryman that updates brought; src/service/versions.ts. */
  readonly versions: string;
  /** What systemd starts, and which picks the version. */
  readonly launcher: string;
  readonly unitFile: string;
}

export function layoutUnder(root: string): Layout {
  const etc = join(root, 'etc/ferryman');
  const state = join(root, 'var/lib/ferryman');
  return {
    root,
    etc,
    configFile: join(etc, 'config.toml'),
    keptConfigFile: join(state, 'config.kept.toml'),
    keys: join(etc, 'keys'),
    identityKey: join(etc, 'identity.key'),
    identityPublicKey: join(etc, 'identity.pub'),
    state,
    ledgerFile: join(state, 'ledger.sqlite'),
    fleetFile: join(state, 'fleet.sqlite'),
    lockFile: join(state, 'lock.sqlite'),
    trustLockFile: join(state, 'trust-lock.sqlite'),
    inbox: join(state, 'inbox'),
    relay: join(state, 'relay'),
    relayUpdates: join(state, 'relay/updates'),
    relayAcks: join(state, 'relay/acks'),
    relayLogs: join(state, 'relay/logs'),
    homeward: join(state, 'homeward'),
    homewardLogs: join(state, 'homeward/logs'),
    staging: join(state, 'staging'),
    quarantine: join(state, 'quarantine'),
    runs: join(state, 'runs'),
    scriptState: join(state, 'script-state'),
    programs: join(state, 'bin'),
    setAside: join(state, 'set-aside'),
    backhaul: join(state, 'backhaul'),
    log: join(root, 'var/log/ferryman'),
    versions: join(state, 'versions'),
    launcher: join(root, 'usr/lib/ferryman/launch'),
    unitFile: join(root, 'etc/systemd/system/ferryman.service'),
  };
}

/** The folders that a node has from its first minute, with their modes. */
export function stateFolders(layout: Layout): readonly (readonly [path: string, mode: number])[] {
  return [
    [layout.state, 0o700],
    [layout.inbox, 0o700],
    [layout.relayUpdates, 0o700],
    [layout.runs, 0o700],
    [layout.scriptState, 0o700],
    [layout.backhaul, 0o700],
    [layout.log, 0o750],
  ];
}

/** The file of a verified update in the relay store. */
export function updateFile(layout: Layout, digest: string): string {
  return join(layout.relayUpdates, `${digest}.zip`);
}
