/** The real systemctl, off line, on what `install-service` writes: links are made and removed where systemd looks for them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeFolders, runProgram, temporaryFolder, type Ran } from '../kit/kiosk.ts';

afterAll(removeFolders);

const hasSystemctl = spawnSync('systemctl', ['--version']).status === 0;

/** A systemctl in PATH that has the real one change files below the root: nobody to be told, nothing to be started. */
function offLine(root: string): string {
  const folder = join(root, 'off-line');
  mkdirSync(folder);
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  const script = `#!/bin/sh
PATH=/usr/bin:/bin
verb=$1; shift
echo "$verb $*" >>${root}/calls
case $verb in
  enable|disable) [ "$1" = --now ] && shift; exec systemctl --root=${root} "$verb" "$@" ;;
esac
`;
  writeFileSync(join(folder, 'systemctl'), script, { mode: 0o755 });
  return folder;
}

test.skipIf(!hasSystemctl)(
  'install-service has both units started with the machine, --remove leaves nothing (needs systemctl)',
  async () => {
    const root = temporaryFolder();
    const env = { PATH: `${offLine(root)}:${process.env['PATH']}` };
    const call = (...args: string[]): Promise<Ran> =>
      runProgram('ferryman', ['install-service', '--root', root, ...args], { env });
    const isEnabled = (unit: string): string =>
      spawnSync('systemctl', [`--root=${root}`, 'is-enabled', unit], { encoding: 'utf8' }).stdout.trim();
    expect(await call()).toMatchObject({ exitCode: 0, stderr: '' });
    const wants = join(root, 'etc/systemd/system/multi-user.target.wants');
    for (const unit of ['ferryman.service', 'ferryman-sshd.service']) {
      expect([unit, isEnabled(unit)]).toEqual([unit, 'enabled']);
      expect(readlinkSync(join(wants, unit))).toContain(`/etc/systemd/system/${unit}`);
    }
    expect(await call()).toMatchObject({ exitCode: 0 });
    expect(await call('--remove')).toMatchObject({ exitCode: 0, stderr: '' });
    for (const unit of ['ferryman.service', 'ferryman-sshd.service']) {
      expect(existsSync(join(wants, unit))).toBe(false);
      expect(existsSync(join(root, 'etc/systemd/system', unit))).toBe(false);
    }
    expect(readFileSync(join(root, 'calls'), 'utf8')).toMatch(/^daemon-reload \nenable --now /);
  },
);
