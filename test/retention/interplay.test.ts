/** Retention and housekeeping beside the work: what is forgotten or spoiled must not change what is recorded, nor stop what comes after. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanUp, drop, makeKiosk, signed } from '../controller/at-work.ts';
import { InProcess } from '../controller/in-process.ts';
import type { Kiosk } from '../kit/kiosk.ts';

afterAll(async () => {
  for (const folder of deep) await execa('rm', ['-rf', folder]); // deeper than Node can remove
  cleanUp();
});

const deep: string[] = [];

test('an update whose older runs were forgotten is run again under a number of its own, and its end is seen', async () => {
  const kiosk = await makeKiosk({ config: '[retention]\nstoryUpdates = 1' });
  const script = `echo ran >>${kiosk.witness}`;
  await kiosk.apply(signed({ sequence: 1, script }));
  for (let again = 0; again < 2; again++)
    expect((await kiosk.run('rerun', '1', '--reason', 'once more')).exitCode).toBe(0);
  await kiosk.apply(signed({ sequence: 2 }));
  await kiosk.apply(signed({ sequence: 3 }));
  const node = new InProcess(kiosk);
  await node.pass();
  expect(node.ledger.runs.of(node.update(1).digest).map(({ run }) => run)).toEqual([3]);
  node.close();
  const { exitCode, stdout } = await kiosk.run('rerun', '1', '--reason', 'after forgetting');
  expect(stdout).toContain('succeeded: exit 0');
  expect(exitCode).toBe(0);
  expect(kiosk.witnessLines()).toHaveLength(4);
});

test('of an update that is deferred again and again nothing is forgotten', async () => {
  const kiosk = await makeKiosk({ config: '[retention]\nstoryUpdates = 1' });
  const script = `echo ran >>${kiosk.witness}; [ $(wc -l <${kiosk.witness}) -gt 3 ] || exit 75`;
  drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 1, script }));
  const node = new InProcess(kiosk);
  await node.pass();
  drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 2 }));
  drop(kiosk, 'backhaul', 'c.zip', signed({ sequence: 3 }));
  for (let day = 0; day < 6; day++) {
    node.forward(24 * 3600);
    await node.pass();
  }
  expect(node.update(1)).toMatchObject({ state: 'succeeded', exitStatus: 0 });
  expect(kiosk.witnessLines()).toHaveLength(4);
  node.close();
});

/** What a script may do to ferryman's folders, and ferryman must bear. */
const spoilings: readonly (readonly [string, (kiosk: Kiosk) => void])[] = [
  [
    'a folder deeper than a path can be, in what scripts keep',
    ({ layout, root }) => {
      const name = 'x'.repeat(200);
      mkdirSync(join(root, 'deep'));
      let top = join(root, 'deep', name);
      mkdirSync(top);
      // Grown from the top: each level is moved into a new one.
      for (let level = 0; level < 25; level++) {
        const outer = join(root, 'deep', `outer-${level}`);
        mkdirSync(outer);
        renameSync(top, join(outer, name));
        top = outer;
      }
      renameSync(top, join(layout.scriptState, '0'.repeat(16)));
      deep.push(join(layout.scriptState, '0'.repeat(16)));
    },
  ],
  [
    'a folder named like a cut-off write, in the logs',
    ({ layout }) => mkdirSync(join(layout.log, 'x.999999.part')),
  ],
  [
    'a folder named like a cut-off write, in the inbox',
    ({ layout }) => mkdirSync(join(layout.inbox, '.usb.aaa.999999.part/x'), { recursive: true }),
  ],
  [
    'a file in place of the versions',
    ({ layout }) => {
      rmSync(layout.versions, { recursive: true, force: true });
      writeFileSync(layout.versions, '');
    },
  ],
  [
    'a dangling link in place of the logs',
    ({ layout }) => {
      rmSync(layout.log, { recursive: true });
      symlinkSync('/no/such/disk', layout.log);
    },
  ],
  [
    'a file in place of what scripts keep, which is then put back',
    ({ layout }) => {
      rmSync(layout.scriptState, { recursive: true });
      writeFileSync(layout.scriptState, '');
    },
  ],
];

describe('the next update is taken in and can mend it, after a script has left', () => {
  test.each(spoilings)('%s', async (_what, spoil) => {
    const kiosk = await makeKiosk();
    spoil(kiosk);
    drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 7 }));
    const { exitCode, stderr } = await kiosk.run('run', '--once');
    expect(`exit ${exitCode}: ${stderr}`).toMatch(/^exit 0: /);
    const state = (await kiosk.update(7)).state;
    // Without the folder for what scripts keep nothing can start; the node waits and says so.
    expect(['succeeded', 'waiting']).toContain(state);
    expect(
      existsSync(kiosk.layout.inbox) &&
        readdirSync(kiosk.layout.inbox).filter((name) => name.endsWith('.parcel')),
    ).toEqual([]);
  });
});
