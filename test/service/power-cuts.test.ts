/** Between any two steps of a self-update the power may be cut: what starts then is the old version or the new one, never neither. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { introduceVersion, proveVersion } from '../../src/controller/own-version.ts';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { launcherText } from '../../src/service/launcher.ts';
import { drop, makeKiosk, cleanUp, signed } from '../controller/at-work.ts';
import { withNode } from '../controller/in-process.ts';
import { spread } from '../crash/spread.ts';
import { diskCalls, killBefore, recordSteps, thinned, walk, type Command } from '../crash/steps.ts';
import { programFile } from '../crash/crash-node.ts';
import { temporaryFolder } from '../kit/kiosk.ts';

afterAll(cleanUp);

/** A ferryman that only says which one it is. */
function program(file: string, name: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && echo 0.2.0 || echo ${name} "$@"\n`, {
    mode: 0o755,
  });
}

/** A root in which "old" is installed; `newer` lies there as a file. */
function rootWithOld(): Layout {
  const layout = layoutUnder(join(temporaryFolder(), 'root'));
  const installed = { command: join(layout.root, 'installed/ferryman'), interpreterFolder: '/usr/bin' };
  program(installed.command, 'old');
  program(join(layout.root, 'newer'), 'new');
  mkdirSync(join(layout.launcher, '..'), { recursive: true });
  writeFileSync(layout.launcher, launcherText(layout, installed), { mode: 0o755 });
  return layout;
}

async function launch({ launcher }: Layout, ...args: string[]): Promise<string> {
  return (await execa(launcher, args)).stdout;
}

function selfUpdate({ root }: Layout): Command {
  return {
    args: [programFile('ferryman'), 'self-update', join(root, 'newer'), '--no-restart', '--root', root],
  };
}

async function stage(layout: Layout): Promise<void> {
  await execa(process.execPath, selfUpdate(layout).args);
}

test('self-update cut off before any of its steps leaves what starts, and can be done again', async () => {
  const steps = thinned(await recordSteps(selfUpdate(rootWithOld()), diskCalls));
  expect(steps.length).toBeGreaterThan(20);
  const ran = new Set<string>();
  // The new version is there from a few steps before the end on.
  const isLate = (_step: unknown, index: number): boolean => index >= steps.length - 6;
  const failures = await walk(spread(steps, 12, isLate), async (step) => {
    const layout = rootWithOld();
    const { killed } = await killBefore(selfUpdate(layout), step);
    const [first = ''] = (await launch(layout)).split(' ');
    ran.add(first);
    await stage(layout);
    const violations = [
      ...(killed ? [] : ['it was not killed']),
      ...(first === 'old' || first === 'new' ? [] : [`"${first}" started`]),
      ...((await launch(layout)).startsWith('new run') ? [] : ['the second time it is not tried out']),
      ...readdirSync(layout.versions).filter((name) => name.startsWith('.draft') || name === 'failed'),
    ];
    rmSync(layout.root, { recursive: true });
    return violations;
  });
  expect(failures).toEqual([]);
  expect([...ran].toSorted()).toEqual(['new', 'old']);
});

describe('the launcher', () => {
  test('tries a new version three times, then starts the old one for good', async () => {
    const layout = rootWithOld();
    const asOld = `old run --root ${layout.root}`;
    expect(await launch(layout)).toBe(asOld);
    await stage(layout);
    for (let start = 1; start <= 3; start++)
      expect(await launch(layout)).toBe(`new run --root ${layout.root}`);
    expect(await launch(layout)).toBe(asOld);
    expect(await launch(layout)).toBe(asOld);
    expect(readdirSync(layout.versions)).toContain('failed');
    expect(readdirSync(layout.versions)).not.toContain('trial');
  });

  test('is the command of the version in use, and spends no try on that', async () => {
    const layout = rootWithOld();
    await stage(layout);
    for (let call = 1; call <= 5; call++)
      expect(await launch(layout, 'status', 'a b')).toBe('old status a b');
    expect(await launch(layout)).toMatch(/^new /);
  });

  test('starts what was installed when the version in use has been lost, or a trial holds nothing to start', async () => {
    const layout = rootWithOld();
    mkdirSync(layout.versions, { recursive: true });
    symlinkSync('gone', join(layout.versions, 'current'));
    symlinkSync('gone too', join(layout.versions, 'trial'));
    expect(await launch(layout)).toMatch(/^old /);
    expect(readdirSync(layout.versions).toSorted()).toEqual(['current', 'failed']);
  });

  test('does not try what it cannot count', async () => {
    const layout = rootWithOld();
    await stage(layout);
    const [version = ''] = readdirSync(layout.versions).filter((name) => name.startsWith('0.2.0'));
    const tickets = join(layout.versions, version, 'tickets');
    await execa('chattr', ['+i', tickets]);
    try {
      for (let start = 1; start <= 5; start++) expect(await launch(layout)).toMatch(/^old /);
    } finally {
      await execa('chattr', ['-i', tickets]);
    }
    expect(await launch(layout)).toMatch(/^new /);
  });
});

test('a failed trial is told to the office once, although its link was not gone yet', async () => {
  const kiosk = await makeKiosk();
  drop(kiosk, 'backhaul', 'a', signed({ sequence: 42 }));
  const { versions } = kiosk.layout;
  const fail = (): void => {
    mkdirSync(join(versions, '0.2.0-12345678'), { recursive: true });
    writeFileSync(join(versions, '0.2.0-12345678/about.json'), '{"version":"0.2.0","sequence":42}');
    symlinkSync('0.2.0-12345678', join(versions, 'failed'));
  };
  await withNode(kiosk, async (node) => {
    await node.pass();
    fail();
    introduceVersion(node.context);
    fail();
    introduceVersion(node.context);
    introduceVersion(node.context);
    expect(node.told().filter((line) => line.includes('did not work'))).toEqual([
      'error: self-update: ferryman 0.2.0 did not work; 1.2.3 is back',
    ]);
    expect(node.ledger.outbox.waiting('file', 9)).toHaveLength(1);
    expect(readdirSync(versions)).toEqual([]);
    await node.pass();
    expect(node.ledger.outbox.countWaiting()).toBe(0);
  });
});

test('only the version on trial proves itself; the one before is kept, older ones and leftovers go', async () => {
  const kiosk = await makeKiosk();
  const { versions } = kiosk.layout;
  for (const name of ['0.1.0-a', '0.2.0-b', '0.3.0-c'])
    cpSync(import.meta.dirname, join(versions, name), { recursive: true });
  symlinkSync('0.2.0-b', join(versions, 'current'));
  symlinkSync('0.3.0-c', join(versions, 'trial'));
  await withNode(kiosk, (node) => {
    proveVersion(node.context, join(versions, '0.2.0-b'));
    expect(existsSync(join(versions, 'trial'))).toBe(true);
    proveVersion(node.context, join(versions, '0.3.0-c'));
    return Promise.resolve();
  });
  expect(readdirSync(versions).toSorted()).toEqual(['0.2.0-b', '0.3.0-c', 'current']);
});
