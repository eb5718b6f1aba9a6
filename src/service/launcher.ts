/**
 * The text of the launcher: the shell script that systemd starts. It picks the version and becomes it. Pure.
 *
 * No self-update replaces it, so it has to work whatever a new version does. It takes a ticket away before each start
 * of a version on trial; when none is left, the trial has failed and the version before starts again. Removing a file and
 * renaming a link need no room on a full disk, and each leaves either the old state or the new one when the power is cut.
 */
import { systemPath } from '../host/system-path.ts';
import type { Layout } from '../node/layout.ts';
import { versionNames } from './version-links.ts';

/** The program as it was installed; it starts where no update has brought another. */
export interface InstalledProgram {
  /** The path of the command `ferryman`. */
  readonly command: string;
  /** Where its interpreter stands; `undefined` for the single executable, whose folder may hold anything. */
  readonly interpreterFolder: string | undefined;
}

export function launcherText(
  { root, versions }: Layout,
  { command, interpreterFolder }: InstalledProgram,
): string {
  const { trial, failed, current, tickets } = versionNames;
  return `#!/bin/sh
# Starts ferryman for systemd. With arguments, it is the ferryman command of the version in use.
# "ferryman self-update" never replaces it: docs/service.md says why.
root=${quote(root)}
versions=${quote(versions)}
installed=${quote(command)}
PATH=${interpreterFolder === undefined ? '' : `${quote(interpreterFolder)}:`}${systemPath}
export PATH

fail_trial() {
  mv -T "$versions/${trial}" "$versions/${failed}" && sync "$versions"
}

try_out() {
  version=$versions/$(readlink "$versions/${trial}")
  [ -x "$version/bin/ferryman" ] || { fail_trial; return; }
  for ticket in "$version/${tickets}"/*; do
    [ -e "$ticket" ] || { fail_trial; return; }
    # A start that cannot be counted is not made.
    rm "$ticket" && sync "$version/${tickets}" || return
    exec "$version/bin/ferryman" run --root "$root"
  done
}

in_use() {
  current=$versions/$(readlink "$versions/${current}")
  [ ! -x "$current/bin/ferryman" ] || exec "$current/bin/ferryman" "$@"
  exec "$installed" "$@"
}

[ $# -eq 0 ] || in_use "$@"
[ ! -L "$versions/${trial}" ] || try_out
in_use run --root "$root"
`;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
