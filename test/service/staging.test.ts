/** What `ferryman self-update` takes, and what it refuses with nothing changed. */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { removeFolders, runProgram, temporaryFolder, type Ran } from '../kit/kiosk.ts';

afterAll(removeFolders);

const program = '#!/bin/sh\n[ "$1" = --version ] && echo 0.2.0 || echo new "$@"\n';

async function installed(): Promise<Layout> {
  const layout = layoutUnder(join(temporaryFolder(), 'root'));
  expect((await runProgram('ferryman', ['install-service', '--root', layout.root])).exitCode).toBe(0);
  return layout;
}

function selfUpdate({ root }: Layout, source: string, env: Record<string, string> = {}): Promise<Ran> {
  return runProgram('ferryman', ['self-update', source, '--root', root], { env });
}

/** A folder in which `name` is the program. */
function folderWith(name: string, text = program): string {
  const folder = join(temporaryFolder(), 'new');
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text, { mode: 0o755 });
  return folder;
}

async function packageOf(folder: string): Promise<string> {
  const tree = join(temporaryFolder(), 'package');
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  mkdirSync(join(tree, 'usr/lib'), { recursive: true });
  const control =
    'Package: ferryman\nVersion: 0.2.0\nArchitecture: all\nMaintainer: a test\nDescription: a test\n';
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  chmodSync(join(tree, 'DEBIAN'), 0o755);
  await execa('cp', ['-a', folder, join(tree, 'usr/lib/ferryman')]);
  await execa('dpkg-deb', ['-b', tree, `${tree}.deb`]);
  return `${tree}.deb`;
}

describe.concurrent('self-update takes', () => {
  test.each<[string, () => string | Promise<string>]>([
    ['a folder with bin/ferryman', () => folderWith('bin/ferryman')],
    ['a folder out of a parcel, where there are no links', () => folderWith('ferryman')],
    ['an executable file', () => join(folderWith('anything'), 'anything')],
    ['a Debian package', () => packageOf(folderWith('bin/ferryman'))],
  ])('%s, and the next start is of it', async (_name, make) => {
    const layout = await installed();
    const { exitCode, stdout } = await selfUpdate(layout, await make());
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      'ferryman 0.2.0 is in place, to be tried out at the next start\n' +
        'systemd does not run this machine: restart the service by hand\n',
    );
    expect((await execa(layout.launcher)).stdout).toBe(`new run --root ${layout.root}`);
  });
});

test('self-update takes a version back that was tried out before, with all its tries', async () => {
  const layout = await installed();
  await selfUpdate(layout, folderWith('bin/ferryman'));
  for (let start = 1; start <= 2; start++) await execa(layout.launcher);
  const [tried = ''] = readdirSync(layout.versions).filter((name) => name.startsWith('0.2.0'));
  expect((await selfUpdate(layout, join(layout.versions, tried))).exitCode).toBe(0);
  for (let start = 1; start <= 3; start++) expect((await execa(layout.launcher)).stdout).toMatch(/^new run/);
});

describe.concurrent('self-update refuses', () => {
  test.each<[string, () => string | Promise<string>, string]>([
    [
      'a folder with no ferryman in it',
      () => folderWith('readme'),
      'expected bin/ferryman in it, found none',
    ],
    [
      'what does not start',
      () => folderWith('bin/ferryman', '#!/bin/sh\necho broken >&2; exit 3\n'),
      'tell its version: broken',
    ],
    [
      'what tells no version',
      () => folderWith('bin/ferryman', '#!/bin/sh\necho ../../x\n'),
      'tell its version: ../../x',
    ],
    ['a package that is none', () => join(folderWith('a.deb'), 'a.deb'), 'expected a Debian package'],
    [
      'a package of something else',
      async () => packageOf(folderWith('readme')),
      'expected bin/ferryman in it',
    ],
  ])('%s', async (_name, make, message) => {
    const layout = await installed();
    const { exitCode, stderr } = await selfUpdate(layout, await make());
    expect(exitCode).toBe(65);
    expect(stderr).toContain(message);
    expect(stderr).toContain('[self-update.refused]');
    expect(readdirSync(layout.versions)).toEqual([]);
  });

  test('a path where nothing is', async () => {
    const layout = await installed();
    expect((await selfUpdate(layout, '/nowhere/at-all')).exitCode).toBe(66);
    expect(readdirSync(layout.versions)).toEqual([]);
  });

  test('to work where no launcher would bring the old version back', async () => {
    const layout = layoutUnder(temporaryFolder());
    const { exitCode, stderr } = await selfUpdate(layout, folderWith('bin/ferryman'));
    expect(exitCode).toBe(69);
    expect(stderr).toContain('[service.missing]');
    expect(existsSync(layout.versions)).toBe(false);
  });
});
