/** The unit of the sshd by which neighbours fetch from this node. Its own instance: the machine's, if it has one, is left alone. Pure. */
import { join } from 'node:path';
import type { Layout } from '../node/layout.ts';

export const sshdUnitName = 'ferryman-sshd.service';

export function sshdUnitPlace({ root }: Layout): string {
  return join(root, 'etc/systemd/system', sshdUnitName);
}

/** Until the node is enrolled the condition keeps it from starting; that is no failure. */
export function sshdUnitText({ etc }: Layout): string {
  const config = quote(join(etc, 'ssh/sshd_config'));
  return `[Unit]
Description=ferryman, ssh server for neighbours
After=network.target
RequiresMountsFor=${quote(etc)}
ConditionPathExists=${join(etc, 'ssh/sshd_config').replaceAll('%', '%%')}
StartLimitIntervalSec=0

[Service]
ExecStartPre=/usr/sbin/sshd -t -f ${config}
ExecStart=/usr/sbin/sshd -D -f ${config}
ExecReload=/bin/kill -HUP $MAINPID
KillMode=process
Restart=always
RestartSec=30
RuntimeDirectory=sshd
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes

[Install]
WantedBy=multi-user.target
`;
}

/** One word of a list, % being a specifier: systemd.syntax(7). */
function quote(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `"${path.replaceAll('%', '%%')}"`;
}
