/** Where the built programs stand: the bench is bundled beside them. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = dirname(fileURLToPath(import.meta.url));

/** As a person calls it in the table: `node FILE`, so that the shell's search for node is not measured. */
export const node = process.execPath;
export const ferryman = join(dist, 'ferryman.js');
export const signUpdate = join(dist, 'sign-update.js');
export const simulator = join(dist, 'simulate.js');
export const takeIn = join(dist, 'bench-take-in.js');
export const proxyAtWork = join(dist, 'bench-proxy.js');
export const fleetAtWork = join(dist, 'bench-fleet.js');

/** Runs a program that is not measured; throws when it fails, with what it said. */
export function run(program: string, args: readonly string[], input = ''): string {
  return execFileSync(program, args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** An office key without passphrase: `FOLDER/office.key` and `.pub`. */
export function makeOffice(folder: string): { readonly key: string; readonly publicKey: string } {
  const name = join(folder, 'office');
  run(node, [signUpdate, 'keygen', name, '--no-passphrase']);
  return { key: `${name}.key`, publicKey: `${name}.pub` };
}

/** A node that has worked: what it has found out about its keys, it need not find out again. */
export function makeNode(root: string, publicKey: string): void {
  run(node, [ferryman, 'init', '--root', root, '--role', 'kiosk', '--office-key', publicKey]);
  run(node, [ferryman, 'run', '--once', '--root', root]);
}
