/** A script that needs a reboot: the outcome is recorded first, the command runs once, and nothing starts in between. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { onePass, withNode } from './in-process.ts';
import { cleanUp, drop, makeKiosk, signed } from './at-work.ts';

afterAll(cleanUp);

/** A kiosk whose reboot command notes what the history says at that instant. */
async function rebootable(exitStatus = 0): Promise<Kiosk> {
  const kiosk = await makeKiosk();
  const command = kiosk.file(
    'reboot',
    `#!/bin/sh\nPATH=${process.env['PATH']}
${join(import.meta.dirname, '../../dist/bin/ferryman')} show 1 --root ${kiosk.root} >>${kiosk.root}/reboots; echo "argument $1" >>${kiosk.root}/reboots; exit ${exitStatus}\n`,
  );
  const config = readFileSync(kiosk.layout.configFile, 'utf8');
  writeFileSync(kiosk.layout.configFile, `${config}rebootCommand = ["/bin/sh", "${command}", "now"]\n`);
  return kiosk;
}

function reboots(kiosk: Kiosk): string {
  const file = join(kiosk.root, 'reboots');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function tries(kiosk: Kiosk): number {
  return reboots(kiosk).match(/argument/g)?.length ?? 0;
}

const wish = ': >$FERRYMAN_REBOOT';

test('the command runs once, after the outcome is recorded', async () => {
  const kiosk = await rebootable();
  const { exitCode, stderr } = await kiosk.apply(signed({ script: wish }));
  expect(exitCode).toBe(0);
  expect(stderr).toContain('reboot: an update asked for it');
  expect(reboots(kiosk)).toMatch(/^  succeeded: exit 0(.|\n)*run 1.*\n?.*succeeded/m);
  expect(reboots(kiosk)).toContain('argument now\n');
  await kiosk.pass();
  await onePass(kiosk);
  expect(reboots(kiosk).match(/argument now/g)).toHaveLength(1);
});

test.each(['exit 1', 'exit 75', 'kill -9 $$'])(
  'a script that does not succeed (%s) does not get it',
  async (end) => {
    const kiosk = await rebootable();
    drop(kiosk, 'backhaul', 'a', signed({ script: `${wish}; ${end}` }));
    await onePass(kiosk);
    expect(reboots(kiosk)).toBe('');
  },
);

test('no other update starts while the machine goes down; the next boot goes on with it', async () => {
  const kiosk = await rebootable();
  drop(kiosk, 'backhaul', '1', signed({ sequence: 1, script: wish }));
  drop(kiosk, 'backhaul', '2', signed({ sequence: 2, script: `echo two >>${kiosk.witness}` }));
  await withNode(kiosk, (node) => node.pass());
  await withNode(kiosk, async (node) => {
    await node.pass();
    expect(kiosk.witnessLines()).toEqual([]);
    node.reboot();
    await node.pass();
    expect(kiosk.witnessLines()).toEqual(['two']);
  });
});

test('a reboot that does not come is waited for no longer than ten minutes', async () => {
  const kiosk = await rebootable();
  drop(kiosk, 'backhaul', '1', signed({ sequence: 1, script: wish }));
  drop(kiosk, 'backhaul', '2', signed({ sequence: 2, script: `echo two >>${kiosk.witness}` }));
  await withNode(kiosk, async (node) => {
    await node.pass();
    node.forward(590);
    await node.pass();
    expect(kiosk.witnessLines()).toEqual([]);
    node.forward(20);
    await node.pass();
    expect(kiosk.witnessLines()).toEqual(['two']);
  });
});

test('the wish outlives a ferryman that is killed before the command has returned, and is not made twice', async () => {
  const kiosk = await rebootable();
  const command = kiosk.file(
    'reboot',
    `#!/bin/sh\necho "argument" >>${kiosk.root}/reboots; [ -e ${kiosk.root}/again ] || kill -9 $PPID\n`,
  );
  expect(command).toContain('reboot');
  drop(kiosk, 'backhaul', '1', signed({ script: wish }));
  expect((await kiosk.pass()).exitCode).toBe(undefined);
  writeFileSync(join(kiosk.root, 'again'), '');
  await kiosk.pass();
  expect(reboots(kiosk)).toBe('argument\nargument\n');
  await withNode(kiosk, async (node) => {
    node.reboot();
    node.forward(24 * 3600);
    await node.pass();
    await node.pass();
  });
  expect(reboots(kiosk)).toBe('argument\nargument\n');
});

test('a command that fails is tried again with growing pauses, until another boot or the twentieth time', async () => {
  const kiosk = await rebootable(1);
  drop(kiosk, 'backhaul', '1', signed({ sequence: 1, script: wish }));
  await withNode(kiosk, async (node) => {
    await node.pass();
    await node.pass();
    expect(tries(kiosk)).toBe(1);
    node.forward(61);
    await node.pass();
    expect(tries(kiosk)).toBe(2);
    node.forward(61);
    await node.pass();
    expect(tries(kiosk)).toBe(2);
    for (let day = 0; day < 20; day++) {
      node.forward(24 * 3600);
      await node.pass();
    }
    expect(tries(kiosk)).toBe(20);
    expect(node.told().join('\n')).toContain('given up');
  });
});

test('a command that fails is told, and the others go on', async () => {
  const kiosk = await rebootable(1);
  drop(kiosk, 'backhaul', '1', signed({ sequence: 1, script: wish }));
  drop(kiosk, 'backhaul', '2', signed({ sequence: 2, script: `echo two >>${kiosk.witness}` }));
  const told = await onePass(kiosk);
  expect(told.join('\n')).toMatch(/error: reboot: .*exit code 1/);
  expect(kiosk.witnessLines()).toEqual(['two']);
});

test('whatever stands at FERRYMAN_REBOOT is the wish, a folder too', async () => {
  const kiosk = await rebootable();
  drop(kiosk, 'backhaul', '1', signed({ script: 'mkdir $FERRYMAN_REBOOT' }));
  await onePass(kiosk);
  expect(reboots(kiosk)).toContain('argument now');
});
