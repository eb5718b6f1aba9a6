/** What a person meets first: help with examples, usage errors, and errors that name what is wrong and what to do. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ferryman } from '../../src/cli/table.ts';
import { splitUsage } from '../../src/command-line/command.ts';
import { errorTable, type ErrorCode } from '../../src/errors.ts';
import { runProgram, temporaryFolder, type Kiosk } from '../kit/kiosk.ts';
import { fixedKey, signedUpdate } from '../kit/office.ts';
import { cleanUp, makeKiosk, signed } from '../controller/at-work.ts';
import { linesWiderThan } from '../kit/screen.ts';
import { typed } from './typed.ts';

afterAll(cleanUp);

const { commands } = ferryman('1.2.3');
const names = commands.map(({ usage }) => splitUsage(usage).path.join(' '));
const firstWords = [...new Set(names.map((name) => name.split(' ')[0] ?? ''))];

/** Commands that are not about any node. */
const withoutNode = new Set([
  'completion',
  'office-ca init',
  'office-ca list',
  'enrol sign',
  'usb prepare',
  'usb inspect',
  'usb collect',
]);

describe('--help', () => {
  test.each(names)('of %s exits 0, shows an example, and says where the node is', async (name) => {
    const { exitCode, stdout, stderr } = await typed([...name.split(' '), '--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ferryman ${name}`);
    expect(stdout).toMatch(new RegExp(`\\nExamples:\\n {2}ferryman ${name}\\b`));
    expect(stdout.includes('--root <dir>')).toBe(!withoutNode.has(name));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(await typed(['help', ...name.split(' ')])).toMatchObject({ exitCode: 0, stdout });
  });

  test('lists every command', async () => {
    const { exitCode, stdout } = await typed(['--help']);
    expect(exitCode).toBe(0);
    for (const word of firstWords) expect(stdout).toMatch(new RegExp(`^ {2}${word}\\b`, 'm'));
  });

  test('of a group lists its commands; a group alone is answered by it', async () => {
    const { exitCode, stdout } = await typed(['trust', '--help']);
    expect(exitCode).toBe(0);
    for (const name of ['list', 'add', 'remove']) expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
    expect(await typed(['trust'])).toMatchObject({ exitCode: 64, stdout: '' });
  });

  test('offers --json where facts are printed', () => {
    const json = commands.filter(({ options }) => options.some(({ flags }) => flags === '--json'));
    expect(json.map(({ usage }) => splitUsage(usage).path.join(' '))).toEqual(
      expect.arrayContaining([
        'init',
        'receive',
        'apply',
        'verify',
        'plan',
        'status',
        'history',
        'show',
        'rerun',
        'trust list',
        'trust add',
        'trust remove',
      ]),
    );
  });

  test('is what the built program prints too', async () => {
    const { exitCode, stdout } = await runProgram('ferryman', ['history', '--help']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: (await typed(['history', '--help'])).stdout,
    });
    expect(await runProgram('ferryman', ['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });
});

describe('a wrong command line exits 64 with a hint, and does nothing', () => {
  test.each([
    [['fly']],
    [['history', 'extra']],
    [['history', '--verbose']],
    [['history', '--limit', '0']],
    [['history', '--limit', 'ten']],
    [['show']],
    [['show', '0']],
    [['show', '-1']],
    [['show', '1.5']],
    [['show', '0x1']],
    [['show', '9007199254740992']],
    [['applied', 'one']],
    [['receive', 'a.zip']],
    [['receive', 'a.zip', '--channel', 'pigeon']],
    [['apply']],
    [['apply', 'a.zip', '--channel', 'pigeon']],
    [['rerun', '1']],
    [['rerun', '1', '--reason', ' ']],
    [['trust', 'lst']],
    [['trust', 'add']],
    [['trust', 'remove']],
    [['init']],
    [['init', '--role', 'kiosk']],
    [['init', '--role', 'king', '--office-key', 'a.pub']],
  ])('ferryman %j', async (argv) => {
    const root = temporaryFolder();
    const { exitCode, stdout, stderr } = await typed([...argv, '--root', root]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: '' });
    expect(stderr).toMatch(/\[usage\.invalid\]\n {2}hint: /);
    expect(readdirSync(root)).toEqual([]);
  });

  test('ferryman alone is answered by the help', async () => {
    expect(await typed([])).toMatchObject({ exitCode: 64 });
  });
});

describe('an error', () => {
  let kiosk: Kiosk;
  beforeAll(async () => {
    kiosk = await makeKiosk();
  });

  /** The error that a command ends with, from its words and from `--json`. */
  async function failure(
    ...argv: string[]
  ): Promise<{ code: string; message: string; hint: string; exit: number; schema: string }> {
    const root = argv.includes('--root') ? [] : ['--root', kiosk.root];
    const words = await typed([...argv, ...root]);
    const { exitCode, stderr, stdout } = await typed([...argv, ...root, '--json']);
    const error = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Awaited<ReturnType<typeof failure>>;
    expect(stdout).toBe('');
    expect(words.stderr).toContain(`ferryman: ${error.message} [${error.code}]\n  hint: ${error.hint}\n`);
    expect([words.exitCode, exitCode]).toEqual([error.exit, error.exit]);
    const { exit, hint } = errorTable[error.code as ErrorCode];
    expect(error).toMatchObject({ schema: 'ferryman.error/1', exit, hint });
    return error;
  }

  test('is broken between words on a terminal, where a name stays whole; in a pipe it is a line', async () => {
    const path = `/no/such/folder/${'long-'.repeat(20)}file.zip`;
    for (const [columns, widest] of [[80, path.length + 20] as const, [60, path.length + 20] as const]) {
      const { stderr } = await typed(['verify', path, '--root', kiosk.root], { terminal: true, columns });
      const plain = await typed(['verify', path, '--root', kiosk.root]);
      expect(stderr).toContain(path);
      expect(linesWiderThan(columns, stderr).filter((line) => !line.includes(path))).toEqual([]);
      expect(linesWiderThan(widest, stderr)).toEqual([]);
      expect(plain.stderr.match(/\n/g)).toHaveLength(2);
      expect(stderr.replaceAll(/\n {4}/g, ' ')).toBe(plain.stderr);
    }
  });

  test('names the file that is missing', async () => {
    for (const command of ['apply', 'verify', 'plan'])
      expect(await failure(command, '/no/such/file.zip')).toMatchObject({
        code: 'source.missing',
        message: '/no/such/file.zip: expected a file, found nothing',
      });
  });

  test('names the folder that was given for a file', async () => {
    expect(await failure('apply', kiosk.root)).toMatchObject({
      code: 'source.unreadable',
      message: expect.stringContaining(`${kiosk.root}: expected a regular file`) as string,
    });
  });

  test('names the configuration that is missing, wrong or unknown', async () => {
    const root = temporaryFolder();
    const config = join(root, 'etc/ferryman/config.toml');
    expect(await failure('status', '--root', root)).toMatchObject({
      code: 'config.missing',
      message: `${config}: expected a configuration, found none`,
      exit: 78,
    });
    mkdirSync(join(root, 'etc/ferryman'), { recursive: true });
    writeFileSync(config, '[node\n');
    expect(await failure('status', '--root', root)).toMatchObject({ code: 'config.invalid' });
    writeFileSync(
      config,
      '[node]\nguid = "9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11"\nrole = "kiosk"\n[trust]\nthreshold = 1\n[chanels]\n',
    );
    const { message } = await failure('status', '--root', root);
    expect(message).toContain(config);
    expect(message).toContain('chanels');
  });

  test('says what is wrong with a parcel, with the expected and the found', async () => {
    const parcels: [Buffer, string, RegExp][] = [
      [Buffer.from('junk'), 'framing.truncated', /expected .*, found none/],
      [
        signedUpdate({}, fixedKey(99)),
        'verify.unknown-key',
        /expected a signature by a trusted key \(.*\), found only unknown keys/,
      ],
    ];
    for (const [parcel, code, message] of parcels) {
      const file = kiosk.file('a.zip', parcel);
      for (const command of ['verify', 'plan', 'apply'])
        expect(await failure(command, file)).toMatchObject({
          code,
          message: expect.stringMatching(message) as string,
          exit: 65,
        });
    }
  });

  test('says which update is not known', async () => {
    for (const argv of [
      ['show', '4711'],
      ['rerun', '4711', '--reason', 'x'],
    ])
      expect(await failure(...argv)).toMatchObject({
        code: 'plan.no-such-update',
        message: expect.stringContaining('4711') as string,
        exit: 66,
      });
  });

  test('is written in lower case without a full stop, and the hint says what to do', async () => {
    for (const argv of [
      ['show', '4711'],
      ['verify', '/nowhere'],
      ['show', 'x'],
    ]) {
      const { message, hint } = await failure(...argv);
      expect(message).toMatch(/^[^A-Z]/);
      expect(message).not.toMatch(/\.$/);
      expect(hint).not.toBe('');
    }
  });
});

test('the root is --root, else FERRYMAN_ROOT', async () => {
  const [one, two] = [await makeKiosk({ groups: ['one'] }), await makeKiosk({ groups: ['two'] })];
  await one.apply(signed({ sequence: 1, script: 'exit 0' }));
  const env = { FERRYMAN_ROOT: two.root };
  expect((await typed(['status'], { env })).stdout).toContain(' in two\n');
  expect((await typed(['status', '--root', one.root], { env })).stdout).toContain(' in one\n');
  expect(
    (await runProgram('ferryman', ['applied', '1'], { env: { FERRYMAN_ROOT: one.root } })).exitCode,
  ).toBe(0);
  expect((await runProgram('ferryman', ['status', '--root', '.'], { cwd: one.root })).stdout).toContain(
    ' in one\n',
  );
});
