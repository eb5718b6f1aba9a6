/** Every file of a node's ssh folder, from what an enrolment brings and what the node has. */
import type { Account } from './flood-user.ts';
import { sshNames as names } from './places.ts';
import type { SshFile } from './ssh-folder.ts';
import {
  authorizedKeyText,
  knownHostsText,
  principalsText,
  sshConfigText,
  sshdConfigText,
  type SshSettings,
} from './ssh-texts.ts';

/** Of a node that has certificates of its own. */
export interface CertifiedFiles {
  /** Secret keys, as ssh-keygen has written them. */
  readonly userKey: Buffer;
  readonly hostKey: Buffer;
  /** Lines. */
  readonly userCertificate: string;
  readonly hostCertificate: string;
  /** Type and base64. */
  readonly ca: string;
  readonly revoked: Buffer;
  readonly enrolment: string;
}

/** The key by which the node calls others is read by the user who calls; everything else that is secret, by root alone. */
export function certifiedSshFiles(files: CertifiedFiles, settings: SshSettings, { gid }: Account): SshFile[] {
  return [
    { name: names.userKey, contents: files.userKey, mode: 0o640, gid },
    { name: names.hostKey, contents: files.hostKey, mode: 0o600 },
    ...open({
      [names.userCertificate]: files.userCertificate,
      [names.hostCertificate]: files.hostCertificate,
      [names.ca]: `${files.ca}\n`,
      [names.principals]: principalsText(settings.waysBack),
      [names.knownHosts]: knownHostsText('certificates', files.ca),
      [names.revoked]: files.revoked,
      [names.sshdConfig]: sshdConfigText(settings),
      [names.sshConfig]: sshConfigText(settings),
      [names.enrolment]: files.enrolment,
    }),
  ];
}

/** Of a node that has the one key that all nodes have. */
export interface SharedFiles {
  readonly key: Buffer;
  /** Public half, type and base64. */
  readonly publicKey: string;
  /** Of the proxies, which have keys of their own: type and base64. */
  readonly proxyKeys: readonly string[];
  readonly revoked: Buffer;
  readonly enrolment: string | undefined;
}

/** Whoever has the shared key is taken for a ferry: nobody hands logs of a gateway to it. */
export function sharedSshFiles(files: SharedFiles, settings: SshSettings, { gid }: Account): SshFile[] {
  const authorized = [
    authorizedKeyText(files.publicKey, 'shared', 'ferry'),
    ...files.proxyKeys.map((key) => authorizedKeyText(key, 'shared', 'proxy')),
  ];
  return [
    { name: names.userKey, contents: files.key, mode: 0o640, gid },
    { name: names.hostKey, contents: files.key, mode: 0o600 },
    ...open({
      [names.authorizedKeys]: authorized.join(''),
      [names.knownHosts]: [files.publicKey, ...files.proxyKeys]
        .map((key) => knownHostsText('shared-key', key))
        .join(''),
      [names.revoked]: files.revoked,
      [names.sshdConfig]: sshdConfigText(settings),
      [names.sshConfig]: sshConfigText(settings),
      ...(files.enrolment === undefined ? {} : { [names.enrolment]: files.enrolment }),
    }),
  ];
}

function open(files: Readonly<Record<string, string | Buffer>>): SshFile[] {
  return Object.entries(files).map(([name, contents]) => ({ name, contents, mode: 0o644 }));
}
