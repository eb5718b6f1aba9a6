import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { deputyKey, officeKey } from '../../fixtures/kit/keys.ts';
import { Desk, plainly } from '../kit/desk.ts';
import { hashed, verified } from '../kit/judge.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { trusted } from '../kit/office.ts';

afterAll(removeFolders);

const both = { keys: trusted(officeKey, deputyKey), threshold: 2 };

async function signedDesk({ cosigned }: { cosigned: boolean }): Promise<Desk> {
  const desk = Desk.ready(officeKey);
  desk.putKey('deputy', deputyKey);
  await desk.run('sign', 'update', ...plainly, '-o', 'update.zip');
  if (cosigned) await desk.run('cosign', 'update.zip', '--key', 'deputy.key');
  return desk;
}

describe('sign-update detach', () => {
  it('writes the plain zip and its one signature, and names them', async () => {
    const desk = await signedDesk({ cosigned: false });
    const before = desk.names();
    expect(await desk.run('detach', 'update.zip', '-o', 'plain.zip')).toEqual({
      exitCode: 0,
      stdout: 'plain.zip\nplain.zip.minisig\n',
      stderr: '',
    });
    expect(desk.names()).toEqual([...before, 'plain.zip', 'plain.zip.minisig'].toSorted());
  });

  it('writes a zip whose b2sum is the digest of the parcel', async () => {
    const desk = await signedDesk({ cosigned: true });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    const sum = execFileSync('b2sum', ['plain.zip'], { cwd: desk.folder, encoding: 'utf8' });
    expect(sum).toBe(`${hashed(desk.read('update.zip')).digest}  plain.zip\n`);
  });

  it('writes one file for each of two signatures, named by its key', async () => {
    const desk = await signedDesk({ cosigned: true });
    const { stdout } = await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    expect(stdout).toBe(
      `plain.zip\nplain.zip.${officeKey.keyId}.minisig\nplain.zip.${deputyKey.keyId}.minisig\n`,
    );
    expect(desk.names().filter((name) => name.startsWith('plain'))).toEqual([
      'plain.zip',
      `plain.zip.${officeKey.keyId}.minisig`,
      `plain.zip.${deputyKey.keyId}.minisig`,
    ]);
  });

  it('writes nothing when one of its files is there already', async () => {
    for (const existing of ['plain.zip', 'plain.zip.minisig']) {
      const desk = await signedDesk({ cosigned: false });
      desk.write(existing, 'precious');
      const before = desk.names();
      const { exitCode, stderr } = await desk.run('detach', 'update.zip', '-o', 'plain.zip');
      expect([exitCode, stderr]).toEqual([73, expect.stringContaining(`${existing}: expected no such file`)]);
      expect(desk.names()).toEqual(before);
      expect(desk.read(existing).toString()).toBe('precious');
    }
  });

  it('refuses a zip that has no signature', async () => {
    const desk = await signedDesk({ cosigned: false });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    const { exitCode, stderr } = await desk.run('detach', 'plain.zip', '-o', 'plainer.zip');
    expect([exitCode, stderr]).toEqual([65, expect.stringContaining('[framing.unsigned]')]);
  });
});

describe('sign-update attach', () => {
  it('gives back the parcel that was detached, byte for byte', async () => {
    const desk = await signedDesk({ cosigned: false });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    expect(await desk.run('attach', 'plain.zip', 'plain.zip.minisig', '-o', 'again.zip')).toEqual({
      exitCode: 0,
      stdout: `update 1 "update": signature by ${officeKey.keyId} attached, not checked: sign-update verify again.zip --pub FILE\n`,
      stderr: '',
    });
    expect(desk.read('again.zip').equals(desk.read('update.zip'))).toBe(true);
  });

  it('adds to the signatures of a parcel, in either order', async () => {
    const desk = await signedDesk({ cosigned: true });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    const [office, deputy] = [officeKey, deputyKey].map(({ keyId }) => `plain.zip.${keyId}.minisig`);
    for (const [first = '', second = '', name] of [
      [office, deputy, 'a'],
      [deputy, office, 'b'],
    ] as const) {
      await desk.run('attach', 'plain.zip', first, '-o', `${name}1.zip`);
      await desk.run('attach', `${name}1.zip`, second, '-o', `${name}2.zip`);
      expect(desk.read(`${name}2.zip`).equals(desk.read('update.zip'))).toBe(true);
    }
    expect(verified(desk.read('a2.zip'), both).signers).toEqual([officeKey.keyId, deputyKey.keyId]);
  });

  it('takes several signatures at once, and gives back the parcel of both', async () => {
    const desk = await signedDesk({ cosigned: true });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    const files = [deputyKey, officeKey].map(({ keyId }) => `plain.zip.${keyId}.minisig`);
    expect(await desk.run('attach', 'plain.zip', ...files, '-o', 'again.zip')).toEqual({
      exitCode: 0,
      stdout: `update 1 "update": signature by ${deputyKey.keyId}, ${officeKey.keyId} attached, not checked: sign-update verify again.zip --pub FILE\n`,
      stderr: '',
    });
    expect(desk.read('again.zip').equals(desk.read('update.zip'))).toBe(true);
  });

  it('names the file that is no signature among several', async () => {
    const desk = await signedDesk({ cosigned: false });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    const { stderr } = await desk.run(
      'attach',
      'plain.zip',
      'plain.zip.minisig',
      'office.pub',
      '-o',
      'out.zip',
    );
    expect(stderr).toContain('sign-update: office.pub: expected the four lines of a minisign signature file');
  });

  it('keeps one signature for each key', async () => {
    const desk = await signedDesk({ cosigned: false });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    await desk.run('attach', 'update.zip', 'plain.zip.minisig', '-o', 'again.zip');
    expect(desk.read('again.zip').equals(desk.read('update.zip'))).toBe(true);
  });

  it('writes nothing for what it cannot attach, and says why', async () => {
    const desk = await signedDesk({ cosigned: false });
    await desk.run('detach', 'update.zip', '-o', 'plain.zip');
    const minisig = desk.read('plain.zip.minisig').toString();
    desk.write('nonsense.minisig', 'nonsense\n');
    const [untrusted = '', packed = '', ...rest] = minisig.split('\n');
    const legacy = Buffer.from(packed, 'base64');
    legacy.write('Ed');
    desk.write('legacy.minisig', [untrusted, legacy.toString('base64'), ...rest].join('\n'));
    execFileSync('zip', ['-q', 'other.zip', 'update/run.sh'], { cwd: desk.folder });
    const before = desk.names();
    const cases = [
      ['plain.zip', 'nonsense.minisig', 65, 'signature.malformed'],
      ['plain.zip', 'legacy.minisig', 65, 'signature.legacy'],
      ['plain.zip', 'missing.minisig', 66, 'source.missing'],
      ['missing.zip', 'plain.zip.minisig', 66, 'source.missing'],
      ['office.pub', 'plain.zip.minisig', 65, 'framing.truncated'],
      ['other.zip', 'plain.zip.minisig', 65, 'zip.not-canonical'],
    ] as const;
    for (const [zip, signature, status, code] of cases) {
      const { exitCode, stdout, stderr } = await desk.run('attach', zip, signature, '-o', 'out.zip');
      expect([zip, signature, exitCode, stdout, stderr]).toEqual([
        zip,
        signature,
        status,
        '',
        expect.stringContaining(`[${code}]`),
      ]);
    }
    expect(desk.names()).toEqual(before);
  });
});
