/**
 * The text of the systemd unit. Pure. Why each line is there: docs/service.md.
 *
 * It sets nothing that the daemon's children inherit: no sandbox, no limits, no priority. An update's script is to find
 * the machine as root finds it at a console.
 */
import type { Layout } from '../node/layout.ts';

/** Seconds without progress after which systemd kills the daemon. A gigabyte copied at 1 MB/s still fits. */
export const watchdogSeconds = 20 * 60;

/** Seconds for which systemd waits for its end: longer than the daemon does for its parts, and then leaves them. */
export const stopSeconds = 120;

export function unitText({ launcher, state, configFile }: Layout): string {
  return `[Unit]
Description=ferryman, signed updates for rarely-connected machines
RequiresMountsFor=${quote(state)} ${quote(configFile)}
ConditionPathExists=${escape(configFile)}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart=${quote(launcher)}
Restart=always
RestartSec=10
TimeoutStartSec=5min
TimeoutStopSec=${stopSeconds}
WatchdogSec=${watchdogSeconds}
WatchdogSignal=SIGKILL
KillMode=process
OOMPolicy=continue
TasksMax=infinity
IgnoreSIGPIPE=no

[Install]
WantedBy=multi-user.target
`;
}

/** systemd takes % for a specifier, everywhere. */
function escape(path: string): string {
  return path.replaceAll('%', '%%');
}

/** True for a path that systemd starts a program at: it refuses quotes and backslashes, however they are written. */
export function isPathForSystemd(path: string): boolean {
  return !/["'\\\p{Cc}]/u.test(path);
}

/** One word of a list: systemd.syntax(7). */
function quote(path: string): string {
  if (/^[\w./@:+-]+$/.test(path)) return path;
  return `"${escape(path)}"`;
}
