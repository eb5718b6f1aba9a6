/**
 * The power is cut at any durable step of a visit of a key: after the next start nothing has run twice, no use of a pass has come back,
 * the visit that was open is closed with the reason, and the key, which is still in, is visited again.
 */
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openLedger } from '../../src/ledger/open.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { cleanUp, signed } from '../controller/at-work.ts';
import { programFile } from '../crash/crash-node.ts';
import { spread } from '../crash/spread.ts';
import { canTrace, diskCalls, killBefore, recordSteps, thinned, walk, type Step } from '../crash/steps.ts';
import { runProgram, type Kiosk } from '../kit/kiosk.ts';
import { makeKey, makeKeyedKiosk, plug } from './keyed-kiosk.ts';

afterAll(cleanUp);

interface Spent {
  readonly uses: number;
  readonly open: number;
  readonly interrupted: number;
}

function spentIn(root: string): Spent {
  const ledger = openLedger(layoutUnder(root).ledgerFile);
  try {
    const visits = ledger.usb.lastVisits(100);
    const digests = new Set(visits.flatMap(({ passDigest }) => passDigest ?? []));
    return {
      uses: [...digests].reduce((sum, digest) => sum + ledger.usb.usesOf(digest), 0),
      open: visits.filter(({ endedAt }) => endedAt === null).length,
      interrupted: visits.filter(({ code }) => code === 'usb.interrupted').length,
    };
  } finally {
    ledger.close();
  }
}

/** Copies of this kiosk have the key in their slots. */
async function makeCut(uses: number): Promise<{ kiosk: Kiosk; command: (root: string) => string[] }> {
  const kiosk = await makeKeyedKiosk();
  const update = signed({ title: 'cut', script: 'echo 1 >>"$FERRYMAN_ROOT/witness"' });
  plug(kiosk, makeKey(kiosk, { '1.zip': update }, { uses }));
  return { kiosk, command: (root) => [programFile('ferryman'), 'run', '--once', '--root', root] };
}

function copyOf({ root }: Kiosk, name: string): string {
  const copy = join(dirname(root), name);
  cpSync(root, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** Those of the visit, but not all that come before the copy. */
function ofVisit(steps: readonly Step[]): Step[] {
  const copied = steps.findIndex(({ text }) => text.startsWith('fchmod(') && text.includes('.usb.'));
  const ended = steps.findIndex(({ call }, index) => index > copied && call === 'mkdir');
  const first = steps.slice(0, copied).filter((_, index) => index % 4 === 3);
  return [...first, ...steps.slice(copied, ended)];
}

describe.runIf(canTrace)('a power cut (needs strace)', () => {
  test.each([1, 2])(
    'before any durable step of a visit, with %i uses: nothing runs twice, no use comes back, the visit is closed',
    async (uses) => {
      const { kiosk, command } = await makeCut(uses);
      const steps = ofVisit(
        thinned(await recordSteps({ args: command(copyOf(kiosk, 'recorded')) }, diskCalls)),
      );
      expect(steps.length).toBeGreaterThan(10);
      const failures = await walk(spread(steps, uses === 1 ? 6 : 12), async (at) => {
        const root = copyOf(kiosk, `cut-${at.call}-${at.nth}`);
        const { killed } = await killBefore({ args: command(root) }, at);
        const before = spentIn(root);
        const again = await runProgram('ferryman', ['run', '--once', '--root', root]); // the key is still in
        const after = spentIn(root);
        const ran = ranIn(root);
        rmSync(root, { recursive: true });
        return [
          ...(killed ? [] : ['it was not killed']),
          ...(again.exitCode === 0 ? [] : [`the next start: ${again.stderr}`]),
          ...(after.open === 0 ? [] : ['a visit stays open']),
          ...(after.interrupted === before.open
            ? []
            : [`${before.open} were cut off, ${after.interrupted} are told`]),
          ...(after.uses >= before.uses && after.uses <= uses
            ? []
            : [`uses ${before.uses}, then ${after.uses}`]),
          ...(ran <= after.uses ? [] : ['it ran without a use']),
          ...(ran === 1 || (uses === 1 && ran === 0) ? [] : [`it ran ${ran} times`]),
        ];
      });
      expect(failures).toEqual([]);
    },
    180_000,
  );
});

function ranIn(root: string): number {
  const file = join(root, 'witness');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}
