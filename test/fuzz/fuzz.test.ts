/**
 * Every kept input is read again, and every target is fuzzed for a bounded number of inputs from a fixed seed. How to
 * fuzz for longer is in docs/testing.md.
 */
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { keptInputs } from './corpus.ts';
import { targets } from './targets.ts';

const root = join(import.meta.dirname, '../..');
/** Inputs for each target: one to four seconds of work. */
const iterations = 5000;

afterAll(removeFolders);

async function fuzz(...args: string[]): Promise<{ exitCode: number | undefined; stdout: string }> {
  const { exitCode, stdout } = await execa('node', ['tools/fuzz/main.mjs', ...args], {
    cwd: root,
    reject: false,
  });
  return { exitCode, stdout };
}

describe.each(targets)('the reader behind the target $name', (target) => {
  it('keeps its promises for every kept input', async () => {
    const kept = keptInputs(root, target.name);
    const scratch = temporaryFolder();
    for (const input of [...target.seeds(), ...kept.values()]) await target.run(input, scratch);
    expect(kept.size).toBeGreaterThan(0);
  });

  it('keeps its promises for five thousand changed inputs', { timeout: 300_000 }, async () => {
    const { exitCode, stdout } = await fuzz(target.name, '--iterations', String(iterations), '--seed', '1');
    expect(stdout).toMatch(new RegExp(`^${target.name}: seed 1, ${iterations} inputs`));
    expect([exitCode, stdout]).toEqual([0, stdout]);
  });
});
