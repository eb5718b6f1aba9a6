/** Rosters, made in the office: what is typed, what nodes read, and that one number never says two things. */
import { afterAll, describe, expect, it } from 'vitest';
import { deputyKey, officeKey } from '../../fixtures/kit/keys.ts';
import { openRoster } from '../../src/parcel/roster.ts';
import { Desk } from '../kit/desk.ts';
import { guidOf, incarnation } from '../kit/enrolled.ts';
import { bufferSource, hashed, verified } from '../kit/judge.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { trusted } from '../kit/office.ts';

const least = ['roster', '--key', 'office.key', '--created', '2026-11-01T00:00:00Z'] as const;
const other = 'fedcba9876543210';

afterAll(removeFolders);

function madeDesk(): Desk {
  const desk = new Desk();
  desk.putKey('office', officeKey);
  desk.putKey('deputy', deputyKey);
  return desk;
}

describe('sign-update roster', () => {
  it('makes a roster that nodes read, and says what it made', async () => {
    const desk = madeDesk();
    const serials = ['--revoke', '20-24', '--revoke', '7', '--revoke', '24-25'];
    const closed = [2, 1].flatMap((n) => ['--close', `${guidOf(n).toUpperCase()}/${incarnation}`]);
    const ran = await desk.run(...least, '--number', '12', ...serials, ...closed, '-o', 'roster.zip');
    const parcel = desk.read('roster.zip');
    const { digest, framing } = hashed(parcel);
    expect(ran).toEqual({
      exitCode: 0,
      stdout:
        `roster 12: revoked 7, 20-25, closed 2\n  roster.zip  ${parcel.length} bytes\n` +
        `  digest ${digest.slice(0, 16)}, signed by ${officeKey.keyId}\n`,
      stderr: '',
    });
    expect(verified(parcel, { keys: trusted(officeKey), threshold: 1 }).digest).toBe(digest);
    expect(await openRoster(bufferSource(parcel), framing.eocdOffset)).toEqual({
      number: 12,
      created: '2026-11-01T00:00:00Z',
      revoked: [
        { first: 7, last: 7 },
        { first: 20, last: 25 },
      ],
      closed: [1, 2].map((n) => ({ origin: guidOf(n), incarnation })),
    });
  });

  it('may revoke nobody, and says the same as JSON', async () => {
    const desk = madeDesk();
    const { stdout } = await desk.run(...least, '--number', '1', '-o', 'roster.zip', '--json');
    expect(JSON.parse(stdout)).toEqual({
      schema: 'sign-update.roster/1',
      number: 1,
      revoked: [],
      closed: [],
      digest: hashed(desk.read('roster.zip')).digest,
      keyId: officeKey.keyId,
      bytes: desk.read('roster.zip').length,
      file: 'roster.zip',
    });
    expect((await desk.run('inspect', 'roster.zip')).stdout).toContain('  revoked     nobody\n');
  });

  it('never gives one number to two contents, whoever signs', async () => {
    const desk = madeDesk();
    const first = await desk.run(...least, '--number', '3', '--revoke', '7', '-o', 'one.zip');
    const again = await desk.run(...least, '--number', '3', '--revoke', '7', '-o', 'two.zip');
    expect([first.exitCode, again.exitCode]).toEqual([0, 0]);
    expect(desk.read('two.zip').equals(desk.read('one.zip'))).toBe(true);
    const forked = await desk.run(...least, '--number', '3', '--revoke', '8', '-o', 'three.zip');
    expect([forked.exitCode, forked.stderr]).toEqual([65, expect.stringContaining('[sign.sequence-used]')]);
    // An update of this number is another thing.
    desk.write('folder/run.sh', '#!/bin/sh\n', 0o755);
    const terms = ['--sequence', '3', '--to', 'all', '--script', 'run.sh', '--key', 'office.key'];
    expect((await desk.run('sign', 'folder', ...terms, '-o', 'update.zip')).exitCode).toBe(0);

    const forkOf = ['roster', '--key', 'deputy.key', '--number', '3', '-o', 'by-deputy.zip'];
    expect((await desk.run(...forkOf)).exitCode).toBe(0);
    const cosigned = await desk.run('cosign', 'one.zip', '--key', 'deputy.key');
    expect([cosigned.exitCode, cosigned.stderr]).toEqual([
      65,
      expect.stringContaining('[sign.sequence-used]'),
    ]);
  });

  it('is signed by a second key with cosign', async () => {
    const desk = madeDesk();
    await desk.run(...least, '--number', '3', '-o', 'roster.zip');
    expect((await desk.run('cosign', 'roster.zip', '--key', 'deputy.key')).stdout).toBe(
      `roster 3: signature by ${deputyKey.keyId} added, 2 in all\n`,
    );
    const pubs = ['--pub', 'office.pub', '--pub', 'deputy.pub', '--threshold', '2'];
    expect(await desk.run('verify', 'roster.zip', ...pubs)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.each<[string, string[], string]>([
    ['no number', ['--number', '0'], '--number: expected a whole number'],
    ['a number that is none', ['--number', 'twelve'], '--number: expected a whole number'],
    ['a serial that is none', ['--number', '1', '--revoke', '0'], '--revoke: expected a number'],
    ['a range that runs backwards', ['--number', '1', '--revoke', '9-3'], '--revoke: expected a number'],
    ['an origin alone', ['--number', '1', '--close', guidOf(1)], '--close: expected GUID/INCARNATION'],
    ['an origin that is none', ['--number', '1', '--close', `kiosk/${other}`], 'origin: expected a GUID'],
    [
      'a short incarnation',
      ['--number', '1', '--close', `${guidOf(1)}/12`],
      'expected 16 lower-case hex digits',
    ],
    ['a path', ['--number', '1', '--close', `${guidOf(1)}/${other}/x`], '--close: expected GUID/INCARNATION'],
  ])('refuses %s, and writes nothing', async (_, options, words) => {
    const desk = madeDesk();
    const before = desk.names();
    const ran = await desk.run(...least, ...options, '-o', 'roster.zip');
    expect([ran.exitCode, ran.stdout, ran.stderr]).toEqual([64, '', expect.stringContaining(words)]);
    expect(desk.names()).toEqual(before);
  });

  it('never overwrites', async () => {
    const desk = madeDesk();
    desk.write('roster.zip', 'precious');
    const ran = await desk.run(...least, '--number', '1', '-o', 'roster.zip');
    expect([ran.exitCode, ran.stderr]).toEqual([73, expect.stringContaining('[output.exists]')]);
    expect(desk.read('roster.zip').toString()).toBe('precious');
  });
});
