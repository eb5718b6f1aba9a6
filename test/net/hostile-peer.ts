/** A neighbour with a valid enrolment and a real sshd, whose endpoint is a program that means harm: hostile/main.mjs. */
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { enrolmentPlaces } from '../../src/enrol/places.ts';
import { formatSummary, type Summary } from '../../src/parcel/summary.ts';
import type { Node } from './fleet.ts';

export class HostilePeer {
  readonly node: Node;
  readonly #folder: string;

  /** @param node enrolled, its sshd not started yet */
  constructor(node: Node) {
    this.node = node;
    this.#folder = join(node.host.root, 'hostile');
    mkdirSync(join(this.#folder, 'offer'), { recursive: true, mode: 0o755 });
    const program = join(import.meta.dirname, 'hostile/main.mjs');
    const { sshdConfig } = enrolmentPlaces(node.layout);
    // Before what a certificate forces goes what the server forces.
    appendFileSync(sshdConfig, `ForceCommand ${process.execPath} ${program} ${this.#folder}\n`);
    node.startSshd();
  }

  /** What it does from here on. */
  plan(summary: string, pull = 'honest'): void {
    rmSync(this.offer(''), { recursive: true, force: true });
    mkdirSync(this.offer(''), { mode: 0o755 });
    this.write('plan.json', JSON.stringify({ summary, pull }));
  }

  /** Beside its offer. */
  write(name: string, contents: Buffer | string): void {
    writeFileSync(join(this.#folder, name), contents, { mode: 0o644 });
  }

  /** What its summary says. */
  says(summary: Partial<Summary>): void {
    const nothing = { free: 0, roster: 0, acks: [], updates: [], logs: [] };
    const { guid, role } = this.node;
    this.write('summary.json', `${formatSummary({ node: guid, role, ...nothing, ...summary })}\n`);
  }

  /** A path below its offer. */
  offer(path: string): string {
    return join(this.#folder, 'offer', path);
  }

  put(path: string, contents: Buffer | string): string {
    const file = this.offer(path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, contents);
    chmodSync(file, 0o644);
    return file;
  }
}
