/** A desk in the office: a folder in which sign-update and stock minisign are called as a person would. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { formatPublicKey } from '../../src/parcel/public-key.ts';
import { formatSecretKey, publicKeyOf, type SecretKey } from '../../src/parcel/secret-key.ts';
import { runProgram, temporaryFolder, type Ran } from './kiosk.ts';

/** Never asks: what `sign` needs besides its folder. */
export const plainly = [
  '--key',
  'office.key',
  '--sequence',
  '1',
  '--to',
  'all',
  '--script',
  'run.sh',
  '--created',
  '2026-11-01T00:00:00Z',
] as const;

export class Desk {
  readonly folder = temporaryFolder();

  /** `sign-update ARGS…` in the folder. */
  run(...args: readonly string[]): Promise<Ran> {
    return runProgram('sign-update', args, { cwd: this.folder });
  }

  runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
    return runProgram('sign-update', args, { cwd: this.folder, env: { ...env } });
  }

  /** Stock minisign in the folder; `input` is what is typed. */
  async minisign(args: readonly string[], input = ''): Promise<Ran> {
    const { exitCode, stdout, stderr } = await execa('minisign', args, {
      cwd: this.folder,
      input,
      reject: false,
    });
    return { exitCode, stdout, stderr };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, contents: string | Buffer, mode = 0o644): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), contents);
    chmodSync(this.path(name), mode);
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  mode(name: string): number {
    return statSync(this.path(name)).mode & 0o7777;
  }

  /** Every file and folder on the desk, sorted. */
  names(): string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).toSorted();
  }

  /** `NAME.key`, unencrypted, and `NAME.pub`. */
  putKey(name: string, key: SecretKey): void {
    this.write(`${name}.key`, formatSecretKey(key, undefined, randomBytes), 0o600);
    this.write(`${name}.pub`, formatPublicKey(publicKeyOf(key)));
  }

  /** `update/` with `run.sh` and `data.txt`, and the key `office`. */
  static ready(key: SecretKey): Desk {
    const desk = new Desk();
    desk.putKey('office', key);
    desk.write('update/run.sh', '#!/bin/sh\nexit 0\n', 0o755);
    desk.write('update/data.txt', 'some data\n');
    return desk;
  }
}
