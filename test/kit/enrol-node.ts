/** Enrolments for nodes in tests, as the office would sign them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../src/node/layout.ts';
import { loadConfig } from '../../src/node/config.ts';
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import { readUnjudgedKey } from '../../src/parcel/public-key.ts';
import type { SecretKey } from '../../src/parcel/secret-key.ts';

/** Enrols a node that has been set up. */
export function enrolNode(layout: Layout, office: SecretKey, serial = 1): void {
  const { guid, role } = loadConfig(layout).node;
  const identity = readUnjudgedKey(readFileSync(layout.identityPublicKey, 'utf8'));
  const line = signEnrolment({ node: guid, role, serial, identity, created: '2026-11-21T08:00:00Z' }, office);
  writeFileSync(join(layout.etc, 'enrolment.txt'), `${line}\n`);
}
