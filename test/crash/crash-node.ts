/** Nodes for crash tests: copies of one that is set up once, driven by the built programs. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { Kiosk, programs, runProgram, type Ran } from '../kit/kiosk.ts';
import { digestOf, fixedKey, signZip, unsignedUpdate, type Draft } from '../kit/office.ts';
import type { Command } from './steps.ts';
import { witnessScript, type Act } from './witness.ts';

export const officeKey = fixedKey(7);

/** Waits are short, so that a test need not wait long. */
const impatient =
  '[channels]\nrescanSeconds = 1\n[usb]\nenabled = false\n[run]\nstopSeconds = 1\ndeferFirstSeconds = 1\ndeferMaxSeconds = 1\n';

/** A parcel and what it is called by. */
export interface TestParcel {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly sequence: number;
}

/** An update whose script tells what happens to it. */
export function witnessedUpdate(draft: Draft & { readonly sequence: number }, act?: Act): TestParcel {
  const zip = unsignedUpdate({ script: witnessScript(act), ...draft });
  return { bytes: signZip(zip, officeKey), digest: digestOf(zip), sequence: draft.sequence };
}

/** The file that a program is bundled into. */
export function programFile(name: 'ferryman' | 'sign-update', dist = dirname(programs)): string {
  return realpathSync(join(dist, 'bin', name));
}

export class CrashNode {
  readonly root: string;
  readonly layout: Layout;

  private constructor(root: string) {
    this.root = root;
    this.layout = layoutUnder(root);
  }

  /** Sets up a node. Its copies stand in the same folder. */
  static async make(folder: string): Promise<CrashNode> {
    const root = join(mkdtempSync(join(folder, 'node-')), 'root');
    await Kiosk.make({ keys: [officeKey], config: impatient, root });
    return new CrashNode(root);
  }

  /** Another node in the same state. Nothing may be at work in this one. */
  copy(): CrashNode {
    const root = join(mkdtempSync(join(this.root, '../../node-')), 'root');
    cpSync(this.root, root, { recursive: true, preserveTimestamps: true });
    return new CrashNode(root);
  }

  /** Removes everything of it. */
  remove(): void {
    rmSync(dirname(this.root), { recursive: true, force: true });
  }

  /** As an engine drops a parcel. */
  drop({ bytes, sequence }: TestParcel): void {
    writeFileSync(join(this.layout.backhaul, `${sequence}.zip`), bytes);
  }

  /** A file beside the spool. */
  file(name: string, bytes: Buffer): string {
    mkdirSync(join(this.root, 'files'), { recursive: true });
    const path = join(this.root, 'files', name);
    writeFileSync(path, bytes);
    return path;
  }

  /** `ferryman … --root ROOT`, for strace. */
  command(args: readonly string[], dist?: string): Command {
    return { args: [programFile('ferryman', dist), ...args, '--root', this.root] };
  }

  run(...args: string[]): Promise<Ran> {
    return runProgram('ferryman', [...args, '--root', this.root]);
  }
}
