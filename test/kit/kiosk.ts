/**
 * A node for tests: a root of its own, driven by the built programs as a user would, or by the controller in this process.
 * `dist/` must be built (npm test does).
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import type { SecretKey } from '../../src/parcel/secret-key.ts';
import { writePublicKey } from './office.ts';

/** In the bench this file is part of a bundle, which stands beside them. */
const beside = join(import.meta.dirname, 'bin');
export const programs = existsSync(beside) ? beside : join(import.meta.dirname, '../../dist/bin');

/** A folder that is removed by {@link removeFolders}. */
const made: string[] = [];
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ferryman-test-'));
  made.push(folder);
  return folder;
}

/** Call in `afterEach` or `afterAll`. */
export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a built program to its end; never throws for an exit status. */
export async function runProgram(
  name: 'ferryman' | 'sign-update',
  args: readonly string[],
  options: { cwd?: string; input?: string | Buffer; env?: Record<string, string> } = {},
): Promise<Ran> {
  const { input, ...rest } = options;
  const result = await execa(join(programs, name), args, {
    reject: false,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...rest,
  });
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** One update as `history --json` prints it. */
export interface HistoryUpdate {
  readonly sequence: number | null;
  readonly digest: string;
  readonly title: string;
  readonly channel: string;
  readonly state: string;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly attempts: number;
  readonly receivedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly reason: string;
}

export interface History {
  readonly updates: readonly HistoryUpdate[];
  readonly refusals: readonly {
    readonly fileHash: string;
    readonly channel: string;
    readonly code: string;
    readonly reason: string;
    readonly times: number;
  }[];
}

/** How to set a kiosk up. */
export interface Setup {
  readonly keys: readonly SecretKey[];
  readonly threshold?: number;
  readonly role?: string;
  readonly groups?: readonly string[];
  readonly baseline?: number;
  /** TOML appended to the configuration: `[run]\ndeferFirstSeconds = 1`. */
  readonly config?: string;
  /** Stand here instead of in a temporary folder. */
  readonly root?: string;
}

export class Kiosk {
  readonly root: string;
  readonly layout: Layout;

  private constructor(root: string) {
    this.root = root;
    this.layout = layoutUnder(root);
  }

  static async make(setup: Setup): Promise<Kiosk> {
    const kiosk = new Kiosk(setup.root ?? join(temporaryFolder(), 'root'));
    const keyFiles = setup.keys.map((key) => writePublicKey(join(kiosk.root, 'office'), key));
    const ran = await kiosk.run(
      'init',
      '--role',
      setup.role ?? 'kiosk',
      '--threshold',
      String(setup.threshold ?? 1),
      '--baseline',
      String(setup.baseline ?? 0),
      ...keyFiles.flatMap((file) => ['--office-key', file]),
      ...(setup.groups ?? []).flatMap((group) => ['--group', group]),
    );
    if (ran.exitCode !== 0) throw new Error(`init: ${ran.stderr}`);
    if (setup.config !== undefined)
      writeFileSync(
        kiosk.layout.configFile,
        `${readFileSync(kiosk.layout.configFile, 'utf8')}\n${setup.config}\n`,
      );
    return kiosk;
  }

  /** `ferryman COMMAND … --root ROOT` */
  run(command: string, ...args: string[]): Promise<Ran> {
    return runProgram('ferryman', [command, ...args, '--root', this.root]);
  }

  /** Puts bytes into a file beside the root and returns its path. */
  file(name: string, bytes: Buffer | string): string {
    const path = join(this.root, 'files', name);
    mkdirSync(join(this.root, 'files'), { recursive: true });
    writeFileSync(path, bytes);
    return path;
  }

  receive(parcel: Buffer, channel = 'backhaul'): Promise<Ran> {
    return runProgram('ferryman', ['receive', '-', '--channel', channel, '--root', this.root], {
      input: parcel,
    });
  }

  apply(parcel: Buffer, ...args: string[]): Promise<Ran> {
    return this.run('apply', this.file('apply.zip', parcel), ...args);
  }

  /** `ferryman run --once` */
  pass(): Promise<Ran> {
    return this.run('run', '--once');
  }

  async history(): Promise<History> {
    const { stdout, stderr, exitCode } = await this.run('history', '--json');
    if (exitCode !== 0) throw new Error(`history: ${stderr}`);
    return JSON.parse(stdout) as History;
  }

  /** The one update with a sequence. */
  async update(sequence: number): Promise<HistoryUpdate> {
    const found = (await this.history()).updates.filter((one) => one.sequence === sequence);
    const [only] = found;
    if (!only || found.length !== 1)
      throw new Error(`expected one update ${sequence}, found ${found.length}`);
    return only;
  }

  /** A file outside the spool to which scripts write; '' when none did. */
  get witness(): string {
    return join(this.root, 'witness');
  }

  witnessLines(): string[] {
    try {
      return readFileSync(this.witness, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    } catch {
      return [];
    }
  }
}
