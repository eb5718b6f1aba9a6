/** Whether this machine lets tests have hosts: not without root, nor in a chroot, whose mounts cannot be made private. */
import { spawnSync } from 'node:child_process';

export const canMakeHosts =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true']).status === 0 &&
  spawnSync('/usr/sbin/sshd', ['-?']).error === undefined;
