/** The tools that read keys, each call counted, and one of them preceded by something: the key is pulled, say. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kiosk } from '../kit/kiosk.ts';
import { systemPath } from './read/kit.ts';

const tools = 'blkid blockdev mdir mcopy mmd mren mdel sync unshare mount findmnt find dd'.split(' ');

export class Trap {
  /** The PATH on which they are found. */
  readonly path: string;
  readonly #folder: string;

  /**
   * @param action in shell, run before the tool `$real`, or in its place when it exits
   * @param condition in shell: `$count` is the number of the call, from 1; `$at` is what {@link set} was given
   */
  constructor({ root }: Kiosk, action: string, condition = 'test $count = $at') {
    this.#folder = join(root, 'trap');
    mkdirSync(join(this.#folder, 'bin'), { recursive: true });
    for (const tool of tools) this.#make(tool, action, condition);
    this.path = `${join(this.#folder, 'bin')}:${systemPath}`;
    this.set(0);
  }

  #make(tool: string, action: string, condition: string): void {
    const real = execFileSync('which', [tool], { encoding: 'utf8' }).trim();
    const file = join(this.#folder, 'bin', tool);
    const lines = [
      '#!/bin/sh',
      `echo "${tool} $*" >>${this.#folder}/calls`,
      `real=${real}`,
      `read at <${this.#folder}/at`,
      `count=$(wc -l <${this.#folder}/calls)`,
      `if ${condition}; then ${action}; fi`,
      'exec $real "$@"',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, 0o755);
  }

  /** Counting begins anew. @param at 0: nothing happens */
  set(at: number): void {
    writeFileSync(join(this.#folder, 'at'), `${at}\n`);
    rmSync(join(this.#folder, 'calls'), { force: true });
  }

  /** What was called since {@link set}. */
  get calls(): string[] {
    const file = join(this.#folder, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }
}
