/**
 * Where the enrolment of a node stands. Everything that one enrolment brings is in one folder, and `ssh` is a link to it: one rename of
 * that link is the whole change, so a power cut leaves the old enrolment or the new one.
 *
 *   etc/ferryman/ssh-keys/               the node's own ssh keys, made for its first request
 *   etc/ferryman/ssh-17-5f0c…/           what the enrolment with serial 17 brought
 *   etc/ferryman/ssh → ssh-17-5f0c…
 *   etc/ferryman/enrolment.txt → ssh/enrolment.txt
 *   etc/ferryman/roster.txt             what the newest roster says; the parcel itself is with what neighbours may have
 */
import { join } from 'node:path';
import type { Layout } from '../node/layout.ts';

/** The names in the folder of ssh files. */
export const sshNames = {
  userKey: 'id_ed25519',
  userCertificate: 'id_ed25519-cert.pub',
  hostKey: 'host_ed25519',
  hostCertificate: 'host_ed25519-cert.pub',
  ca: 'ca.pub',
  authorizedKeys: 'authorized_keys',
  principals: 'principals',
  knownHosts: 'known_hosts',
  revoked: 'krl',
  sshdConfig: 'sshd_config',
  sshConfig: 'ssh_config',
  enrolment: 'enrolment.txt',
} as const;

export interface EnrolmentPlaces {
  /** The link. */
  readonly ssh: string;
  readonly sshKeys: string;
  readonly enrolment: string;
  readonly roster: string;
  readonly sshdConfig: string;
  readonly sshConfig: string;
  readonly revoked: string;
}

export function enrolmentPlaces({ etc }: Pick<Layout, 'etc'>): EnrolmentPlaces {
  const ssh = join(etc, 'ssh');
  return {
    ssh,
    sshKeys: join(etc, 'ssh-keys'),
    enrolment: join(etc, sshNames.enrolment),
    roster: join(etc, 'roster.txt'),
    sshdConfig: join(ssh, sshNames.sshdConfig),
    sshConfig: join(ssh, sshNames.sshConfig),
    revoked: join(ssh, sshNames.revoked),
  };
}
