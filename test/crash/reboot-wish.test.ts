/** A pass with a script that asks for a reboot, cut off before each of its last steps: the machine is told to reboot all the same. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { CrashNode, witnessedUpdate } from './crash-node.ts';
import { pass } from './restart.ts';
import { spread } from './spread.ts';
import { diskCalls, killBefore, recordSteps, thinned, walk } from './steps.ts';

afterAll(removeFolders);

/** From the end of the script on; before it there is no wish. */
const lastSteps = 30;

const parcel = witnessedUpdate({ sequence: 1, script: ': >"$FERRYMAN_REBOOT"' });

function rebootable(origin: CrashNode): CrashNode {
  const node = origin.copy();
  const command = ['/bin/sh', '-c', `echo rebooting >>${node.root}/reboots`];
  appendFileSync(node.layout.configFile, `rebootCommand = ${JSON.stringify(command)}\n`);
  node.drop(parcel);
  return node;
}

function reboots({ root }: CrashNode): number {
  const file = join(root, 'reboots');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}

test(
  'cut off before any step, the wish is carried out by this start or the next, and twice at most',
  { timeout: 300_000 },
  async () => {
    const origin = await CrashNode.make(temporaryFolder());
    const steps = thinned(await recordSteps(rebootable(origin).command(pass), diskCalls)).slice(-lastSteps);
    const before = new Set<number>();
    const failures = await walk(spread(steps, 12), async (step) => {
      const node = rebootable(origin);
      const { killed } = await killBefore(node.command(pass), step);
      before.add(reboots(node));
      for (let start = 1; start <= 2; start++) await node.run(...pass);
      const told = reboots(node);
      node.remove();
      return [
        ...(killed ? [] : ['it was not killed']),
        ...(told === 1 || told === 2 ? [] : [`told to reboot ${told} times`]),
      ];
    });
    expect(failures).toEqual([]);
    expect(
      [...before].toSorted((a, b) => a - b),
      'steps on both sides of the command',
    ).toEqual([0, 1]);
  },
);
