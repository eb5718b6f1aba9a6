/** Setting a node up: everything private that must be, nothing overwritten, and a node that is there whole or not at all. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { layoutUnder } from '../../src/node/layout.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { loadConfig } from '../../src/node/config.ts';
import { loadTrust } from '../../src/node/trust-store.ts';
import { removeFolders, runProgram, temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { fixedKey, writePublicKey } from '../kit/office.ts';
import { typed } from '../cli/typed.ts';

afterEach(removeFolders);

const key = fixedKey(11);

function setup(): { root: string; init: (...args: string[]) => Promise<Ran>; keyFile: string } {
  const root = join(temporaryFolder(), 'root');
  const keyFile = writePublicKey(temporaryFolder(), key);
  return {
    root,
    keyFile,
    init: (...args) => typed(['init', '--root', root, '--role', 'kiosk', '--office-key', keyFile, ...args]),
  };
}

function mode(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

test('makes configuration, keys, identity, folders and ledger, private where they must be', async () => {
  const { root, init } = setup();
  const umask = process.umask(0);
  const { exitCode, stdout } = await init('--group', 'north', '--group', 'boats', '--baseline', '40').finally(
    () => process.umask(umask),
  );
  expect(exitCode).toBe(0);
  const layout = layoutUnder(root);
  const { node, trust } = loadConfig(layout);
  expect(node).toMatchObject({ role: 'kiosk', groups: ['north', 'boats'], baseline: 40 });
  expect(node.guid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(stdout).toBe(`kiosk ${node.guid} is set up in ${layout.etc}\n`);
  expect(loadTrust(layout, trust.threshold).keys.map(({ keyId }) => keyId)).toEqual([key.keyId]);
  expect(parsePublicKey(readFileSync(layout.identityPublicKey, 'utf8')).keyId).not.toBe(key.keyId);
  expect(mode(layout.identityKey)).toBe('600');
  for (const folder of [
    layout.state,
    layout.inbox,
    layout.relayUpdates,
    layout.runs,
    layout.scriptState,
    layout.backhaul,
  ])
    expect([folder, mode(folder)]).toEqual([folder, '700']);
  expect(existsSync(layout.ledgerFile)).toBe(true);
});

test('two nodes have different identities', async () => {
  const nodes = [setup(), setup()];
  for (const { init } of nodes) expect((await init()).exitCode).toBe(0);
  const [one, two] = nodes.map(({ root }) => readFileSync(layoutUnder(root).identityPublicKey, 'utf8'));
  expect(one).not.toBe(two);
});

test('a GUID that is given is used, in lower case', async () => {
  const { root, init } = setup();
  await init('--guid', '9F1C1D5E-6A0B-4C47-9D0E-0F5B8F7A2C11');
  expect(loadConfig(layoutUnder(root)).node.guid).toBe('9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11');
});

test('refuses to overwrite a node, and leaves it as it is', async () => {
  const { root, init } = setup();
  await init();
  const { etc } = layoutUnder(root);
  const before = readdirSync(etc, { recursive: true, encoding: 'utf8' }).map((name) => [
    name,
    statSync(join(etc, name)).mtimeMs,
  ]);
  const { exitCode, stderr } = await init('--guid', '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11');
  expect(exitCode).toBe(73);
  expect(stderr).toContain(`${etc}: expected no node here, found one [init.exists]`);
  expect(
    readdirSync(etc, { recursive: true, encoding: 'utf8' }).map((name) => [
      name,
      statSync(join(etc, name)).mtimeMs,
    ]),
  ).toEqual(before);
  rmSync(layoutUnder(root).configFile);
  expect((await init()).exitCode, 'half a node is not overwritten either').toBe(73);
});

test('of several at once exactly one makes the node', async () => {
  const { root, keyFile } = setup();
  const argv = ['init', '--root', root, '--role', 'kiosk', '--office-key', keyFile];
  const all = await Promise.all(Array.from({ length: 4 }, () => runProgram('ferryman', argv)));
  expect(all.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
  expect((await typed(['status', '--root', root])).exitCode).toBe(0);
  expect(readdirSync(join(root, 'etc'))).toEqual(['ferryman']);
});

test('completes what a cut-off set-up left, its half-made secrets removed', async () => {
  const { root, init } = setup();
  mkdirSync(join(root, 'etc/.ferryman.init-abc'), { recursive: true });
  writeFileSync(join(root, 'etc/.ferryman.init-abc/identity.key'), 'secret');
  mkdirSync(join(root, 'etc/ferryman'));
  mkdirSync(join(root, 'var/lib/ferryman'), { recursive: true });
  writeFileSync(join(root, 'var/lib/ferryman/ledger.sqlite'), '');
  expect((await init()).exitCode).toBe(0);
  expect(readdirSync(join(root, 'etc'))).toEqual(['ferryman']);
  expect((await typed(['history', '--root', root])).exitCode).toBe(0);
});

function write(folder: string, text: string): string {
  const path = join(folder, 'x.pub');
  writeFileSync(path, text);
  return path;
}

describe('refuses', () => {
  const weak = 'untrusted comment: x\nRWQAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n';
  const cases: [string, (folder: string) => string[], number, RegExp][] = [
    [
      'a GUID that is none',
      () => ['--guid', 'kiosk-17'],
      64,
      /--guid: expected a GUID like .*, found "kiosk-17"/,
    ],
    ['a role that is none', () => ['--role', 'king'], 64, /--role/],
    ['a group with a blank', () => ['--group', 'far north'], 64, /--group: expected .*, found "far north"/],
    ['a group in capitals', () => ['--group', 'North'], 64, /found "North"/],
    ['an empty group', () => ['--group', ''], 64, /--group/],
    ['a threshold of 0', () => ['--threshold', '0'], 64, /--threshold: expected a whole number from 1/],
    ['a threshold of two thirds', () => ['--threshold', '0.66'], 64, /--threshold/],
    [
      'a threshold above the number of keys',
      () => ['--threshold', '2'],
      78,
      /threshold from 1 to 1, .*found 2/,
    ],
    ['a baseline below 0', () => ['--baseline', '-1'], 64, /--baseline/],
    ['a baseline that is too large', () => ['--baseline', '9007199254740992'], 64, /--baseline/],
    [
      'a key file that is missing',
      () => ['--office-key', '/no/such/key.pub'],
      66,
      /\/no\/such\/key\.pub: expected a public key file/,
    ],
    [
      'a key file that is none',
      (folder) => ['--office-key', write(folder, 'not a key')],
      65,
      /\[key\.malformed\]/,
    ],
    [
      'a secret key',
      (folder) => ['--office-key', write(folder, 'untrusted comment: x\nRWRTY0IyAAAAAAAAAAAAAAAA\n')],
      65,
      /\[key\.malformed\]/,
    ],
    ['a weak key', (folder) => ['--office-key', write(folder, weak)], 65, /\[key\.(weak|malformed)\]/],
    [
      'the same key twice',
      (folder) => ['--office-key', writePublicKey(folder, key)],
      78,
      /\[trust\.duplicate\]/,
    ],
  ];
  test.each(cases)('%s, says so, and makes nothing', async (_name, args, status, message) => {
    const { root, init } = setup();
    const { exitCode, stderr, stdout } = await init(...args(temporaryFolder()));
    expect({ exitCode, stderr }).toMatchObject({ exitCode: status });
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(existsSync(root)).toBe(false);
  });
});
