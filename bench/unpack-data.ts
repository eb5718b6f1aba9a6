/** One payload as every peer wants it: a tree, a parcel signed by minisign too, a RAUC bundle. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTree, type Payload } from './payload.ts';
import { makeNode, makeOffice, node, run, signUpdate } from './programs.ts';

export interface UnpackData {
  readonly folder: string;
  readonly tree: string;
  readonly parcel: string;
  /** Another parcel, of one small script. */
  readonly small: string;
  readonly minisignKey: string;
  readonly bundle: string;
  readonly keyring: string;
  /** A node that trusts the parcel. */
  readonly root: string;
}

export function makeData(folder: string, payload: Payload): UnpackData {
  mkdirSync(folder);
  const at = (name: string): string => join(folder, name);
  const office = makeOffice(folder);
  const tree = at('tree');
  writeTree(tree, payload);
  const parcel = at('parcel.zip');
  const small = at('small.zip');
  const terms = ['--key', office.key, '--to', 'all', '--script', 'run.sh'];
  run(node, [signUpdate, 'sign', tree, ...terms, '--sequence', '1', '-o', parcel]);
  mkdirSync(at('small'));
  writeFileSync(at('small/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  run(node, [signUpdate, 'sign', at('small'), ...terms, '--sequence', '2', '-o', small]);
  makeNode(at('root'), office.publicKey);
  run('minisign', ['-G', '-W', '-p', at('minisign.pub'), '-s', at('minisign.key')]);
  run('minisign', ['-S', '-s', at('minisign.key'), '-m', parcel]);
  const { bundle, keyring } = makeBundle(at('bundle'), tree);
  return { folder, tree, parcel, small, minisignKey: at('minisign.pub'), bundle, keyring, root: at('root') };
}

/** A plain bundle, which is the faster kind to extract, with mksquashfs's defaults (gzip). */
function makeBundle(folder: string, tree: string): { bundle: string; keyring: string } {
  const content = join(folder, 'content');
  cpSync(tree, content, { recursive: true });
  writeFileSync(
    join(content, 'manifest.raucm'),
    '[update]\ncompatible=bench\nversion=1\n\n[bundle]\nformat=plain\n',
  );
  const [key, keyring, bundle] = ['key.pem', 'cert.pem', 'bundle.raucb'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const subject = ['-subj', '/CN=bench', '-days', '3650'];
  run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    keyring,
    ...subject,
  ]);
  run('rauc', [`--cert=${keyring}`, `--key=${key}`, 'bundle', content, bundle]);
  return { bundle, keyring };
}
