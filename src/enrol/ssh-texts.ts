/**
 * The texts of the ssh files of a node. Pure. Why each line is there: docs/decisions/0010.
 *
 * The server lets nobody in but nodes that the office's CA has certified, as one unprivileged user, for one command. The client
 * believes nobody but hosts of that CA. One algorithm of each kind keeps the handshake under 6 kB.
 */
import { join } from 'node:path';
import type { Role } from '../parcel/recipients.ts';
import { sshNames as names } from './places.ts';
import { reverseHost, type Reverse } from './reverse.ts';

/** What the certificates of nodes are for. Apart from the login name, which each node may choose. */
export const nodePrincipal = 'ferryman-node';

/**
 * What the certificate of a node is for. A gateway's is besides for being that gateway: by this the sshd of a proxy tells which one may listen
 * at which port of its loopback.
 */
export function principalsOf(node: string, role: Role): string[] {
  return role === 'gateway' ? [nodePrincipal, gatewayPrincipal(node)] : [nodePrincipal];
}

function gatewayPrincipal(node: string): string {
  return `ferryman-gateway-${node}`;
}

const certificates = 'ssh-ed25519-cert-v01@openssh.com';
const plainKeys = 'ssh-ed25519';

/** `certificates`: every node has its own, of the office's CA. `shared-key`: all nodes have the same key. */
export type Credentials = 'certificates' | 'shared-key';

export interface SshSettings {
  /** The folder of the ssh files, under the name by which they are found later. */
  readonly folder: string;
  readonly credentials: Credentials;
  readonly port: number;
  /** The user that neighbours are let in as. */
  readonly user: string;
  /** PATH in which the forced command finds `ferryman`. */
  readonly path: string;
  /** `--root` of the node. */
  readonly root: string;
  /** Gateways that may hold a way back open to this node: on a proxy with certificates. */
  readonly waysBack: readonly Reverse[];
}

function algorithms(credentials: Credentials): string[] {
  const keys = credentials === 'certificates' ? certificates : plainKeys;
  return [
    'KexAlgorithms curve25519-sha256',
    'Ciphers chacha20-poly1305@openssh.com',
    'MACs hmac-sha2-256-etm@openssh.com',
    `HostKeyAlgorithms ${keys}`,
    `CASignatureAlgorithms ${plainKeys}`,
    'Compression no',
  ];
}

export function sshdConfigText(settings: SshSettings): string {
  const { folder, credentials, port, user, path, root } = settings;
  const file = (name: string): string => quote(join(folder, name));
  const who =
    credentials === 'certificates'
      ? [
          `HostCertificate ${file(names.hostCertificate)}`,
          `TrustedUserCAKeys ${file(names.ca)}`,
          `AuthorizedPrincipalsFile ${file(names.principals)}`,
          'AuthorizedKeysFile none',
        ]
      : [`AuthorizedKeysFile ${file(names.authorizedKeys)}`];
  return lines([
    madeBy,
    `Port ${port}`,
    `HostKey ${file(names.hostKey)}`,
    ...who,
    `RevokedKeys ${file(names.revoked)}`,
    `AllowUsers ${user}`,
    ...algorithms(credentials),
    `PubkeyAcceptedAlgorithms ${credentials === 'certificates' ? certificates : plainKeys}`,
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    "# All of these files are root's and below /etc: the check is for files in the homes of users.",
    'StrictModes no',
    ...forwarding(settings),
    'PermitTTY no',
    'PermitTunnel no',
    'PermitUserRC no',
    'PermitUserEnvironment no',
    'PermitRootLogin no',
    `SetEnv PATH=${quote(path)} FERRYMAN_ROOT=${quote(root)}`,
    'LoginGraceTime 20',
    'MaxAuthTries 2',
    'MaxSessions 4',
    'MaxStartups 8:50:16',
    'PerSourceMaxStartups 4',
    'ClientAliveInterval 20',
    'ClientAliveCountMax 3',
    'PrintMotd no',
    'PrintLastLog no',
    'UseDNS no',
    'VersionAddendum none',
    'PidFile none',
    '# Serial and GUID of whom it lets in.',
    'LogLevel VERBOSE',
  ]);
}

/** No forwarding of any kind, but that the gateways of a proxy may listen on its loopback: who of them where, {@link principalsText} says. */
function forwarding({ waysBack }: SshSettings): string[] {
  if (waysBack.length === 0) return ['DisableForwarding yes'];
  return [
    'AllowTcpForwarding remote',
    `PermitListen ${waysBack.map(({ port }) => `${reverseHost}:${port}`).join(' ')}`,
    'PermitOpen none',
    'GatewayPorts no',
    'AllowStreamLocalForwarding no',
    'AllowAgentForwarding no',
    'X11Forwarding no',
  ];
}

/** Who is let in by a certificate, and what for: the first line that fits counts. */
export function principalsText(waysBack: readonly Reverse[]): string {
  return lines([
    ...waysBack.map(
      ({ node, port }) =>
        `restrict,port-forwarding,permitlisten="${reverseHost}:${port}" ${gatewayPrincipal(node)}`,
    ),
    `restrict ${nodePrincipal}`,
  ]);
}

/** The caller adds for whom: src/enrol/ssh-command.ts. */
export function sshConfigText({ folder, credentials, port, user }: SshSettings): string {
  const file = (name: string): string => quote(join(folder, name));
  return lines([
    madeBy,
    `User ${user}`,
    `Port ${port}`,
    `IdentityFile ${file(names.userKey)}`,
    ...(credentials === 'certificates' ? [`CertificateFile ${file(names.userCertificate)}`] : []),
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile ${file(names.knownHosts)}`,
    'GlobalKnownHostsFile /dev/null',
    `RevokedHostKeys ${file(names.revoked)}`,
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    'CheckHostIP no',
    'CanonicalizeHostname no',
    ...algorithms(credentials),
    // With certificates alone ssh no longer finds the key that belongs to its own.
    `PubkeyAcceptedAlgorithms ${certificates},${plainKeys}`,
    'PreferredAuthentications publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'GSSAPIAuthentication no',
    'HostbasedAuthentication no',
    'BatchMode yes',
    'ConnectTimeout 10',
    'ConnectionAttempts 1',
    'ServerAliveInterval 20',
    'ServerAliveCountMax 3',
    'ClearAllForwardings yes',
    'ForwardAgent no',
    'ForwardX11 no',
    'RequestTTY no',
    'PermitLocalCommand no',
    'EscapeChar none',
    'LogLevel ERROR',
  ]);
}

/** Every host that the CA has certified, under its GUID. @param key of the CA, or the shared key: type and base64 */
export function knownHostsText(credentials: Credentials, key: string): string {
  return credentials === 'certificates' ? `@cert-authority * ${key}\n` : `* ${key}\n`;
}

/** What a neighbour may do here: the one command, which the endpoint takes apart. */
export function forcedCommand(peer: string, role: string): string {
  return `ferryman endpoint --peer ${peer} --role ${role}`;
}

export function authorizedKeyText(key: string, peer: string, role: string): string {
  return `restrict,command="${forcedCommand(peer, role)}" ${key}\n`;
}

const madeBy = '# Made by "ferryman enrol install", and made anew by the next: changes are lost.';

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/** One word of an ssh configuration. @throws nothing: who makes the paths has refused quotes */
function quote(word: string): string {
  return /^[\w./:@+-]+$/.test(word) ? word : `"${word}"`;
}
