/** How a node calls a neighbour: the arguments of ssh. Pure; nothing in them comes from the neighbour but its address. */

export interface SshTarget {
  /** GUID: what the certificate of the host must be for. */
  readonly peer: string;
  /** IP address; an IPv6 one of a link with its interface, `fe80::1%eth0`. */
  readonly address: string;
  readonly port: number;
  /** A socket by which several calls share one connection; it ends with the first. Left out: none. */
  readonly controlPath?: string;
}

/**
 * Program and arguments up to the verb: `[...sshCommand(…), 'summary']`. For rsync it goes, joined by spaces, after `-e`, and the host is
 * then left to rsync: {@link sshOptions}.
 */
export function sshCommand(sshConfig: string, target: SshTarget): string[] {
  return ['ssh', ...sshOptions(sshConfig, target), '--', target.peer];
}

/** Everything but the host, which is the peer's GUID. */
export function sshOptions(sshConfig: string, { peer, address, port, controlPath }: SshTarget): string[] {
  const options = [
    `HostName=${address}`,
    `HostKeyAlias=${peer}`,
    `Port=${port}`,
    ...(controlPath === undefined ? [] : [`ControlPath=${controlPath}`, 'ControlMaster=auto']),
  ];
  return ['-F', sshConfig, ...options.flatMap((option) => ['-o', option])];
}
