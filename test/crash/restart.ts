/** After a kill: the node is started again, and what must then be true of it. */
import { execa } from 'execa';
import type { CrashNode, TestParcel } from './crash-node.ts';
import { isAtRest, readRecords, type FinishedRecords } from './invariants.ts';
import { readWitness } from './witness.ts';

/** One full pass of the controller. */
export const pass = ['run', '--once'];

/** Starts the controller until everything has come to rest. */
export async function restart(node: CrashNode, finished: FinishedRecords, dist?: string): Promise<string[]> {
  const violations: string[] = [];
  for (let passes = 0; passes < 3; passes++) {
    violations.push(...finished.look());
    const ran = await execa(process.execPath, node.command(pass, dist).args, {
      reject: false,
      stdin: 'ignore',
    });
    if (ran.exitCode !== 0) violations.push(`the next pass ended with ${ran.exitCode}: ${ran.stderr}`);
    if (readRecords(node.layout).updates.every(isAtRest)) break;
  }
  return [...violations, ...finished.look()];
}

/** What must be true of an update that has come to rest. */
export function mustBe(node: CrashNode, { sequence }: TestParcel, state: string): string[] {
  const found = readRecords(node.layout).updates.find((row) => row.sequence === sequence);
  return found?.state === state ? [] : [`expected it ${state}, found it ${found?.state}: ${found?.reason}`];
}

/** How often scripts must have begun. */
export function mustHaveBegun(node: CrashNode, starts: number): string[] {
  const begun = readWitness(node.root).starts.length;
  return begun === starts ? [] : [`expected ${starts} starts, found ${begun}`];
}
