import { execFileSync } from 'node:child_process';
import { chmodSync, utimesSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { officeKey, strangerKey } from '../../fixtures/kit/keys.ts';
import { hashed, readArchive, verified } from '../kit/judge.ts';
import { Desk, plainly } from '../kit/desk.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { trusted } from '../kit/office.ts';

afterAll(removeFolders);

const trust = { keys: trusted(officeKey), threshold: 1 };

describe('sign-update sign', () => {
  it('packs a folder into a parcel that a node accepts, and says what it made', async () => {
    const desk = Desk.ready(officeKey);
    const ran = await desk.run(
      'sign',
      'update',
      ...plainly,
      '--title',
      'fix the clock',
      '-o',
      'update-1.zip',
    );
    const parcel = desk.read('update-1.zip');
    const { digest } = verified(parcel, trust);
    expect(ran).toEqual({
      exitCode: 0,
      stdout: `update 1 "fix the clock" for all\n  update-1.zip  ${parcel.length} bytes\n  digest ${digest.slice(0, 16)}, signed by ${officeKey.keyId}\n`,
      stderr: '',
    });
    const { manifest, files } = await readArchive(parcel);
    expect(files.get('run.sh')?.toString()).toBe('#!/bin/sh\nexit 0\n');
    expect(files.get('data.txt')?.toString()).toBe('some data\n');
    expect(manifest).toMatchObject({
      sequence: 1,
      title: 'fix the clock',
      recipients: ['all'],
      created: '2026-11-01T00:00:00Z',
      script: { path: 'run.sh', timeoutSeconds: 1800, onInterrupt: 'report', maxAttempts: 1 },
      requires: [],
      supersedes: [],
      files: [
        { path: 'data.txt', mode: 0o644 },
        { path: 'run.sh', mode: 0o755 },
      ],
    });
    expect('expires' in manifest).toBe(false);
  });

  it('writes every option into the manifest, in the spelling of the format', async () => {
    const desk = Desk.ready(officeKey);
    desk.write('update/bin/go', '#!/bin/sh\n', 0o700);
    const ran = await desk.run(
      'sign',
      'update/',
      '--key',
      'office.key',
      '--sequence',
      '0050',
      '--script',
      './bin/go',
      '-o',
      'out.zip',
      '--to',
      'role:kiosk',
      '--to',
      'group:north',
      '--to',
      '0E4B1A1C-7C53-4B52-9D8A-3F9C7B0E2D11',
      '--to',
      'role:kiosk',
      '--requires',
      '9',
      '--requires',
      '3-5',
      '--requires',
      '4-6',
      '--supersedes',
      '49',
      '--supersedes',
      '7',
      '--created',
      '2026-11-01T02:00:00.75+02:00',
      '--expires',
      '2027-01-01 00:00:00Z',
      '--timeout',
      '2h',
      '--on-interrupt',
      'rerun',
      '--json',
    );
    expect(ran.stderr).toBe('');
    const parcel = desk.read('out.zip');
    expect(JSON.parse(ran.stdout)).toEqual({
      schema: 'sign-update.sign/1',
      sequence: 50,
      digest: hashed(parcel).digest,
      keyId: officeKey.keyId,
      bytes: parcel.length,
      file: 'out.zip',
    });
    expect((await readArchive(parcel)).manifest).toMatchObject({
      sequence: 50,
      title: 'update',
      recipients: ['role:kiosk', 'group:north', '0e4b1a1c-7c53-4b52-9d8a-3f9c7b0e2d11'],
      created: '2026-11-01T00:00:00Z',
      expires: '2027-01-01T00:00:00Z',
      script: { path: 'bin/go', timeoutSeconds: 7200, onInterrupt: 'rerun', maxAttempts: 3 },
      requires: [
        { first: 3, last: 6 },
        { first: 9, last: 9 },
      ],
      supersedes: [
        { first: 7, last: 7 },
        { first: 49, last: 49 },
      ],
    });
  });

  it('takes the current time when it is told no other', async () => {
    const desk = Desk.ready(officeKey);
    const before = Date.now();
    await desk.run('sign', 'update', ...plainly.slice(0, -2), '-o', 'out.zip');
    const created = Date.parse((await readArchive(desk.read('out.zip'))).manifest.created);
    expect(created).toBeGreaterThan(before - 1001);
    expect(created).toBeLessThanOrEqual(Date.now());
  });

  it('makes an archive that unzip lists and finds whole', async () => {
    const desk = Desk.ready(officeKey);
    desk.write(
      'update/noise.bin',
      Buffer.from(Array.from({ length: 999 }, (_, index) => (index * index) & 0xff)),
    );
    await desk.run('sign', 'update', ...plainly, '-o', 'out.zip');
    const list = execFileSync('unzip', ['-Z1', 'out.zip'], { cwd: desk.folder, encoding: 'utf8' });
    expect(list).toBe('manifest.json\ndata.txt\nnoise.bin\nrun.sh\n');
    const test = execFileSync('unzip', ['-t', 'out.zip'], { cwd: desk.folder, encoding: 'utf8' });
    expect(test).toContain('No errors detected');
    execFileSync('unzip', ['-q', 'out.zip', '-d', 'unpacked'], { cwd: desk.folder });
    expect(desk.read('unpacked/noise.bin').equals(desk.read('update/noise.bin'))).toBe(true);
    expect([desk.mode('unpacked/run.sh'), desk.mode('unpacked/data.txt')]).toEqual([0o755, 0o644]);
  });
});

/** In the order in which they are put on the desk. */
const names = ['run.sh', 'B', 'a', 'a.txt', 'a/b', 'Z/z', '_', 'sub/dir/file'].filter((name) => name !== 'a');

/** The same files, put on the desk in some order, with modes that mean the same. */
function deskWith(order: readonly string[], executable: number, other: number, time: number): Desk {
  const desk = new Desk();
  desk.putKey('office', officeKey);
  for (const name of order) {
    desk.write(`update/${name}`, `contents of ${name}\n`.repeat(30), name === 'run.sh' ? executable : other);
    utimesSync(desk.path(`update/${name}`), time, time);
  }
  return desk;
}

async function signedOn(
  desk: Desk,
  env: Readonly<Record<string, string>>,
  ...options: string[]
): Promise<Buffer> {
  const base = plainly.slice(0, -2);
  const ran = await desk.runWith(env, 'sign', 'update', ...base, ...options, '-o', 'out.zip');
  expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
  return desk.read('out.zip');
}

it('sign-update sign warns of a script with the line ends of Windows, and of no other', async () => {
  const desk = Desk.ready(officeKey);
  desk.write('update/data.txt', 'some data\r\n');
  expect((await desk.run('sign', 'update', ...plainly, '-o', 'unix.zip')).stderr).toBe('');
  desk.write('update/run.sh', '#!/bin/sh\r\nexit 0\r\n', 0o755);
  const { exitCode, stderr } = await desk.run(
    'sign',
    'update',
    ...plainly,
    '--sequence',
    '2',
    '-o',
    'dos.zip',
  );
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/warning: run\.sh: expected lines that end with LF, found CR LF/);
});

describe('the bytes of a parcel', () => {
  it('are the same for the same folder and options, in any zone, language, order, umask and file times', async () => {
    const created = ['--created', '2026-11-01T00:00:00Z'];
    const epoch = String(Date.parse('2026-11-01T00:00:00Z') / 1000);
    const first = await signedOn(deskWith(names, 0o755, 0o644, 0), {}, ...created);
    const variants = await Promise.all([
      signedOn(deskWith(names.toReversed(), 0o700, 0o600, 1e9), { TZ: 'Pacific/Auckland' }, ...created),
      signedOn(
        deskWith(names.toSorted(), 0o777, 0o666, 2e9),
        { TZ: 'America/St_Johns', LC_ALL: 'C' },
        ...created,
      ),
      signedOn(
        deskWith(names, 0o744, 0o640, 3e9),
        { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
        ...created,
      ),
      signedOn(deskWith(names, 0o755, 0o444, 0), { SOURCE_DATE_EPOCH: epoch, TZ: 'Asia/Kathmandu' }),
      signedOn(
        deskWith(names, 0o755, 0o644, 0),
        { SOURCE_DATE_EPOCH: '1' },
        '--created',
        '2026-11-01T13:00:00+13:00',
      ),
    ]);
    expect(variants.map((bytes) => bytes.equals(first))).toEqual(variants.map(() => true));
  });

  it('are others when anything that counts is another', async () => {
    const created = ['--created', '2026-11-01T00:00:00Z'];
    const [plain, later, titled, executable, edited, renamed] = Array.from({ length: 6 }, () =>
      deskWith(names, 0o755, 0o644, 0),
    ) as [Desk, Desk, Desk, Desk, Desk, Desk];
    chmodSync(executable.path('update/B'), 0o744);
    edited.write('update/B', 'other contents');
    renamed.write('update/C', '');
    const parcels = await Promise.all([
      signedOn(plain, {}, ...created),
      signedOn(later, {}, '--created', '2026-11-01T00:00:01Z'),
      signedOn(titled, {}, ...created, '--title', 'another'),
      signedOn(executable, {}, ...created),
      signedOn(edited, {}, ...created),
      signedOn(renamed, {}, ...created),
    ]);
    expect(new Set(parcels.map((bytes) => hashed(bytes).digest)).size).toBe(parcels.length);
  });
});

describe('a sequence', () => {
  const sign = ['sign', 'update', ...plainly] as const;

  it('may be signed again with the same content, and gives the same parcel', async () => {
    const desk = Desk.ready(officeKey);
    expect((await desk.run(...sign, '-o', 'one.zip')).exitCode).toBe(0);
    expect((await desk.run(...sign, '-o', 'two.zip')).exitCode).toBe(0);
    expect(desk.read('two.zip').equals(desk.read('one.zip'))).toBe(true);
  });

  it('is refused for other content by the same key, and nothing is written', async () => {
    const desk = Desk.ready(officeKey);
    await desk.run(...sign, '-o', 'one.zip');
    const { digest } = hashed(desk.read('one.zip'));
    desk.write('update/data.txt', 'other data\n');
    const before = desk.names();
    expect(await desk.run(...sign, '-o', 'two.zip')).toEqual({
      exitCode: 65,
      stdout: '',
      stderr:
        `sign-update: sequence 1: expected one that this key has not used for other content, found it used for ${digest.slice(0, 16)} [sign.sequence-used]\n` +
        '  hint: choose the next unused number: one names one content, for ever\n',
    });
    expect(desk.names()).toEqual(before);
  });

  it('is not used up by a parcel that could not be written', async () => {
    const desk = Desk.ready(officeKey);
    expect((await desk.run('sign', 'update', ...plainly, '-o', 'no/such/a.zip')).exitCode).toBe(66);
    desk.write('update/run.sh', '#!/bin/sh\nexit 1\n', 0o755);
    expect(await desk.run('sign', 'update', ...plainly, '-o', 'a.zip')).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
  });

  it('is refused when two people sign two contents at the same time: one wins', async () => {
    const desk = Desk.ready(officeKey);
    desk.write('other/run.sh', '#!/bin/sh\nexit 1\n', 0o755);
    const both = await Promise.all([
      desk.run('sign', 'update', ...plainly, '-o', 'one.zip'),
      desk.run('sign', 'other', ...plainly, '-o', 'two.zip'),
    ]);
    expect(new Set(both.map(({ exitCode }) => exitCode))).toEqual(new Set([0, 65]));
    expect(desk.names().filter((name) => name.endsWith('.zip')).length).toBe(1);
  });

  it('is free for another key', async () => {
    const desk = Desk.ready(officeKey);
    desk.putKey('deputy', strangerKey);
    await desk.run(...sign, '-o', 'one.zip');
    desk.write('update/data.txt', 'other data\n');
    const other = sign.map((word) => (word === 'office.key' ? 'deputy.key' : word));
    expect((await desk.run(...other, '-o', 'two.zip')).exitCode).toBe(0);
  });

  it('is kept in a register that only its owner can read', async () => {
    const desk = Desk.ready(officeKey);
    await desk.run(...sign, '-o', 'one.zip');
    expect([desk.mode('office.key.sequences'), desk.mode('office.key.sequences/1')]).toEqual([0o700, 0o600]);
    expect(desk.read('office.key.sequences/1').toString()).toBe(`${hashed(desk.read('one.zip')).digest}\n`);
  });
});
