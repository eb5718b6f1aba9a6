/** Whether this machine lets tests have hosts with networks of their own. */
import { spawnSync } from 'node:child_process';

export const canMakeHosts =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true']).status === 0 &&
  spawnSync('/usr/sbin/sshd', ['-?']).error === undefined;
