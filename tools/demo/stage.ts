/** What the demo plays on: a folder, the two programs, and a place to print. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The demo is bundled as dist/demo.js; the programs stand beside it. */
const programs = join(dirname(fileURLToPath(import.meta.url)), 'bin');

export class Stage {
  readonly folder: string;
  readonly #print: (text: string) => void;

  constructor(folder: string, print: (text: string) => void) {
    this.folder = folder;
    this.#print = print;
  }

  /** A heading and what it is about. */
  say(heading: string, text: string): void {
    this.#print(`\n━━ ${heading} ━━\n${text}\n\n`);
  }

  note(text: string): void {
    this.#print(`${text}\n`);
  }

  /** Runs `sign-update` or `ferryman` in the demo's folder, showing command and output; fails when the exit status is another. */
  async run(command: string, ...args: (string | { expectExit: number })[]): Promise<void> {
    const typed = args.filter((arg) => typeof arg === 'string');
    const expected = args.find((arg) => typeof arg === 'object')?.expectExit ?? 0;
    this.#print(
      `$ ${[command, ...typed].map((word) => (/^[\w./:=,+-]+$/.test(word) ? word : `'${word}'`)).join(' ')}\n`,
    );
    const { all, exitCode } = await execa(join(programs, command), typed, {
      cwd: this.folder,
      all: true,
      reject: false,
      stdin: 'ignore',
      env: { FERRYMAN_ROOT: 'kiosk' },
    });
    if (all !== '') this.#print(`${all.replace(/^/gm, '  ')}\n`);
    if (exitCode !== 0) this.#print(`  (exit ${exitCode})\n`);
    if (exitCode !== expected)
      throw new Error(`expected ${command} to exit with ${expected}, found ${exitCode}`);
  }

  /** Writes a file of the demo; a script is made executable. */
  write(path: string, contents: string | Buffer, executable = false): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
    if (executable) chmodSync(file, 0o755);
  }
}
