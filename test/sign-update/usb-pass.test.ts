/** Passes of USB keys, made in the office: their options, and that every other command takes them as parcels. */
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { deputyKey, officeKey } from '../../fixtures/kit/keys.ts';
import { readPass } from '../../src/usb/pass/read-pass.ts';
import { Desk } from '../kit/desk.ts';
import { hashed, verified } from '../kit/judge.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { trusted } from '../kit/office.ts';

const hasMinisign = spawnSync('minisign', ['-v']).status === 0;
const node = '0a1b2c3d-0000-4000-8000-000000000001';
const least = ['--key', 'office.key', '--volume', '3EF5-2A49', '--technician', 'Ravi Kumar'] as const;
const fixed = ['--created', '2026-11-01T00:00:00Z'] as const;

afterAll(removeFolders);

function madeDesk(): Desk {
  const desk = new Desk();
  desk.putKey('office', officeKey);
  desk.putKey('deputy', deputyKey);
  return desk;
}

async function manifestOf(...options: readonly string[]): Promise<Record<string, unknown>> {
  const desk = madeDesk();
  const made = await desk.run('usb-pass', ...least, ...fixed, ...options, '-o', 'pass.zip');
  expect([made.exitCode, made.stderr]).toEqual([0, '']);
  const { stdout } = await desk.run('inspect', 'pass.zip', '--json');
  return (JSON.parse(stdout) as { manifest: Record<string, unknown> }).manifest;
}

describe('sign-update usb-pass', () => {
  it('makes a pass that a node reads with the keys of the office, and says what it made', async () => {
    const desk = madeDesk();
    const ran = await desk.run('usb-pass', ...least, ...fixed, '--all', '-o', 'pass.zip');
    const { digest } = hashed(desk.read('pass.zip'));
    expect(ran).toEqual({
      exitCode: 0,
      stdout:
        `pass of Ravi Kumar on the key 3EF5-2A49 for all\n  pass.zip  ${desk.read('pass.zip').length} bytes\n` +
        `  digest ${digest.slice(0, 16)}, signed by ${officeKey.keyId}\n`,
      stderr: '',
    });
    const pass = await readPass(desk.read('pass.zip'), { keys: trusted(officeKey), threshold: 1 });
    expect(pass.terms).toEqual({
      volume: '3EF5-2A49',
      technician: 'Ravi Kumar',
      recipients: ['all'],
      created: '2026-11-01T00:00:00Z',
      may: ['apply'],
    });
    expect(desk.names()).toEqual(['deputy.key', 'deputy.pub', 'office.key', 'office.pub', 'pass.zip']);
  });

  it('says the same as JSON', async () => {
    const desk = madeDesk();
    const { stdout } = await desk.run('usb-pass', ...least, '--all', '-o', 'pass.zip', '--json');
    expect(JSON.parse(stdout)).toEqual({
      schema: 'sign-update.usb-pass/1',
      volume: '3EF5-2A49',
      technician: 'Ravi Kumar',
      recipients: ['all'],
      digest: hashed(desk.read('pass.zip')).digest,
      keyId: officeKey.keyId,
      bytes: desk.read('pass.zip').length,
      file: 'pass.zip',
    });
  });

  it('takes every option, and spells what is typed as blkid and the format do', async () => {
    const who = [
      '--serial',
      ' 4C530001 ',
      '--node',
      node.toUpperCase(),
      '--group',
      'north',
      '--role',
      'ferry',
    ];
    const what = ['--not-after', '2026-12-31', '--uses', '3', '--may', 'collect-logs,apply'];
    expect(await manifestOf(...who, ...what)).toEqual({
      format: 'ferryman/1',
      kind: 'usb-pass',
      volume: '3EF5-2A49',
      serial: '4C530001',
      technician: 'Ravi Kumar',
      recipients: [node, 'group:north', 'role:ferry'],
      created: '2026-11-01T00:00:00Z',
      notAfter: '2026-12-31T23:59:59Z',
      uses: 3,
      may: ['apply', 'collect-logs'],
    });
    expect(await manifestOf('--all', '--volume', '3ef52a49')).toMatchObject({ volume: '3EF5-2A49' });
    expect(await manifestOf('--all', '--not-after', '2026-12-31T10:00:00+02:00')).toMatchObject({
      notAfter: '2026-12-31T08:00:00Z',
    });
  });

  it('gives the same bytes for the same options', async () => {
    const desk = madeDesk();
    for (const name of ['one.zip', 'two.zip'])
      await desk.run('usb-pass', ...least, ...fixed, '--all', '-o', name);
    expect(desk.read('one.zip').equals(desk.read('two.zip'))).toBe(true);
  });

  it.each<[string, string[], string]>([
    ['no node', [], 'found none of them'],
    ['all nodes and some', ['--all', '--node', node], 'found both'],
    ['a node that is none', ['--node', 'kiosk-7'], 'found "kiosk-7"'],
    ['a node that is all', ['--node', 'all'], 'found "all"'],
    ['a group in capitals', ['--group', 'North'], 'found "group:North"'],
    ['a volume that is none', ['--all', '--volume', '/dev/sdb1'], 'found "/dev/sdb1"'],
    ['the volume of a FAT without UUID', ['--all', '--volume', '0000-0000'], 'found "0000-0000"'],
    [
      'an end before its beginning',
      ['--all', '--not-after', '2026-10-01'],
      '--not-after: expected an end after 2026-11-01T00:00:00Z, when the pass is made, found "2026-10-01", which is over by then: name a later day, or leave --not-after out',
    ],
    ['no day', ['--all', '--not-after', '2026-02-30'], '--not-after: expected a time'],
    ['no use', ['--all', '--uses', '0'], '--uses: expected a whole number'],
    ['an unknown right', ['--all', '--may', 'apply,format'], '--may: expected apply, collect-logs'],
    ['no right', ['--all', '--may', ''], '--may: expected'],
    ['a technician without name', ['--all', '--technician', ' '], 'technician: expected'],
    ['a name that a terminal acts on', ['--all', '--technician', 'R\u001b[2J'], 'technician: expected'],
  ])('refuses %s, and writes nothing', async (_, options, words) => {
    const desk = madeDesk();
    const before = desk.names();
    const ran = await desk.run('usb-pass', ...least, ...fixed, ...options, '-o', 'pass.zip');
    expect([ran.exitCode, ran.stdout, ran.stderr]).toEqual([64, '', expect.stringContaining(words)]);
    expect(ran.stderr).toContain('[usage.invalid]');
    expect(desk.names()).toEqual(before);
  });

  it('never overwrites', async () => {
    const desk = madeDesk();
    desk.write('pass.zip', 'precious');
    const { exitCode, stderr } = await desk.run('usb-pass', ...least, '--all', '-o', 'pass.zip');
    expect([exitCode, stderr]).toEqual([73, expect.stringContaining('[output.exists]')]);
    expect(desk.read('pass.zip').toString()).toBe('precious');
  });
});

async function passDesk(...options: string[]): Promise<Desk> {
  const desk = madeDesk();
  await desk.run('usb-pass', ...least, ...fixed, '--group', 'north', ...options, '-o', 'pass.zip');
  return desk;
}

describe('a pass', () => {
  it('is shown in words by inspect and verify', async () => {
    const desk = await passDesk('--not-after', '2026-12-31', '--uses', '3', '--serial', '4C530001');
    const digest = hashed(desk.read('pass.zip')).digest.slice(0, 16);
    expect((await desk.run('inspect', 'pass.zip')).stdout.split('\n').slice(2)).toEqual([
      'pass of Ravi Kumar on the key 3EF5-2A49',
      `  digest      ${digest}`,
      '  for         group:north',
      '  created     2026-11-01T00:00:00Z',
      '  serial      only the USB device 4C530001',
      '  until       2026-12-31T23:59:59Z',
      '  uses        3 on each node',
      '  may         bring updates',
      '  signatures  1, not checked',
      '',
    ]);
    expect((await desk.run('verify', 'pass.zip', '--pub', 'office.pub')).stdout).toBe(
      [
        'pass of Ravi Kumar on the key 3EF5-2A49 for group:north is good',
        '  serial     only the USB device 4C530001',
        '  until      2026-12-31T23:59:59Z',
        '  uses       3 on each node',
        '  may        bring updates',
        `  digest     ${digest}`,
        `  signed by  ${officeKey.keyId} (1 needed)`,
        '',
      ].join('\n'),
    );
    const json = await desk.run('verify', 'pass.zip', '--pub', 'office.pub', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'usb-pass', volume: '3EF5-2A49', uses: 3 });
  });

  it('is cosigned, and uses up no sequence', async () => {
    const desk = await passDesk();
    expect(await desk.run('cosign', 'pass.zip', '--key', 'deputy.key')).toEqual({
      exitCode: 0,
      stdout: `pass of Ravi Kumar on the key 3EF5-2A49: signature by ${deputyKey.keyId} added, 2 in all\n`,
      stderr: '',
    });
    const trust = { keys: trusted(officeKey, deputyKey), threshold: 2 };
    expect(verified(desk.read('pass.zip'), trust).signers).toHaveLength(2);
    expect(desk.names().filter((name) => name.includes('sequences'))).toEqual([]);
  });

  it.skipIf(!hasMinisign)(
    'detached, satisfies stock minisign (Debian package minisign); attached again, is the same pass',
    async () => {
      const desk = await passDesk();
      expect((await desk.run('detach', 'pass.zip', '-o', 'plain.zip')).exitCode).toBe(0);
      const shown = await desk.minisign(['-V', '-p', 'office.pub', '-m', 'plain.zip']);
      expect([shown.exitCode, shown.stdout]).toEqual([
        0,
        expect.stringContaining(
          'Signature and comment signature verified\nTrusted comment: ferryman usb-pass 3EF5-2A49',
        ),
      ]);
      const attached = await desk.run('attach', 'plain.zip', 'plain.zip.minisig', '-o', 'again.zip');
      expect(attached.stdout).toContain('pass of Ravi Kumar on the key 3EF5-2A49: signature by');
      expect(desk.read('again.zip').equals(desk.read('pass.zip'))).toBe(true);
      const changed = desk.read('plain.zip');
      changed[60] = (changed[60] ?? 0) ^ 1;
      desk.write('changed.zip', changed);
      const refused = await desk.minisign([
        '-V',
        '-p',
        'office.pub',
        '-m',
        'changed.zip',
        '-x',
        'plain.zip.minisig',
      ]);
      expect(refused.exitCode).not.toBe(0);
    },
  );
});
