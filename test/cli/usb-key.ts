/** Keys for tests of `ferryman usb`: a pass, updates and a place for them, made as the office makes them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { officeKey } from '../../fixtures/kit/keys.ts';
import type { UsbPass } from '../../src/parcel/usb-pass.ts';
import { temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { signedPass, signedUpdate, writePublicKey, type Draft } from '../kit/office.ts';
import { typed } from './typed.ts';

export const volume = '3EF5-2A49';

export class OfficeDesk {
  readonly folder = temporaryFolder();
  readonly pub = writePublicKey(join(this.folder, 'keys'), officeKey);

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, contents: Buffer | string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), contents);
    return this.path(name);
  }

  pass(draft: Partial<UsbPass> = {}): string {
    return this.write('pass.zip', signedPass(draft, officeKey));
  }

  update(sequence: number, draft: Draft = {}): string {
    return this.write(
      `${sequence}.zip`,
      signedUpdate({ sequence, title: `update ${sequence}`, ...draft }, officeKey),
    );
  }

  /** An empty folder to make a key in. */
  key(): string {
    mkdirSync(this.path('key'), { recursive: true });
    return this.path('key');
  }

  /** An empty image file. */
  image(megabytes = 40): string {
    const path = this.write('key.img', '');
    truncateSync(path, megabytes * 1024 * 1024);
    return path;
  }

  /** `ferryman usb …` */
  usb(...argv: readonly string[]): Promise<Ran> {
    return typed(['usb', ...argv], { env: { PATH: `${this.path('bin')}:${process.env['PATH'] ?? ''}` } });
  }

  async json<Document>(...argv: readonly string[]): Promise<Document> {
    const { stdout } = await this.usb(...argv, '--json');
    return JSON.parse(stdout) as Document;
  }

  /** Puts a program in front of the real ones. */
  fake(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    execFileSync('chmod', ['755', this.path(`bin/${name}`)]);
  }
}

/** mtools on an image, as anybody would use it. */
export function mtools(program: string, ...args: readonly string[]): Buffer {
  return execFileSync(program, args, { env: { PATH: process.env['PATH'], MTOOLSRC: '/dev/null' } });
}
