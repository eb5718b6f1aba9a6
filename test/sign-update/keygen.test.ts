import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { fingerprintOf, spokenFingerprint } from '../../src/parcel/fingerprint.ts';
import { parseSecretKey, publicKeyOf } from '../../src/parcel/secret-key.ts';
import { Desk, plainly } from '../kit/desk.ts';
import { programs, removeFolders } from '../kit/kiosk.ts';

afterAll(removeFolders);

/** What a person sees and types on a terminal: `script` of util-linux gives sign-update a real one. */
async function onTerminal(
  desk: Desk,
  args: readonly string[],
  answers: readonly (readonly [prompt: string, typed: string])[],
): Promise<{ exitCode: number | null; shown: string }> {
  const command = [join(programs, 'sign-update'), ...args].join(' ');
  const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: desk.folder });
  let shown = '';
  let answered = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const next = answers[answered];
    if (next && shown.includes(next[0])) {
      answered++;
      child.stdin.write(next[1]);
    }
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, shown };
}

describe('sign-update keygen', () => {
  it('makes a key pair that belongs together, and says what each file is for', async () => {
    const desk = new Desk();
    const { exitCode, stdout, stderr } = await desk.run('keygen', 'office', '--no-passphrase');
    const key = await parseSecretKey(desk.read('office.key').toString(), () => '');
    expect(parsePublicKey(desk.read('office.pub').toString())).toEqual(publicKeyOf(key));
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: `key ${key.keyId}\n  fingerprint ${spokenFingerprint(publicKeyOf(key))}\n  office.key  secret: stays in the office, with a copy in a safe\n  office.pub  public: goes to every node\n`,
      stderr: '',
    });
  });

  it('writes the formats of minisign, the secret one for its owner alone, whatever the umask', async () => {
    const desk = new Desk();
    await desk.run('keygen', 'office', '--no-passphrase');
    expect(desk.read('office.key').toString()).toMatch(/^untrusted comment: [^\n]+\n[A-Za-z0-9+/]{211}=\n$/);
    expect(desk.read('office.pub').toString()).toMatch(
      /^untrusted comment: minisign public key [0-9A-F]{16}\n[A-Za-z0-9+/]{56}\n$/,
    );
    expect([desk.mode('office.key'), desk.mode('office.pub')]).toEqual([0o600, 0o644]);
    expect(desk.names()).toEqual(['office.key', 'office.pub']);
  });

  it('makes another key every time', async () => {
    const desk = new Desk();
    await desk.run('keygen', 'one', '--no-passphrase');
    await desk.run('keygen', 'two', '--no-passphrase');
    expect(desk.read('one.pub').equals(desk.read('two.pub'))).toBe(false);
  });

  it('never overwrites either file, and leaves no half of a pair', async () => {
    for (const existing of ['office.key', 'office.pub']) {
      const desk = new Desk();
      desk.write(existing, 'precious');
      const { exitCode, stdout, stderr } = await desk.run('keygen', 'office', '--no-passphrase');
      expect({ exitCode, stdout }).toEqual({ exitCode: 73, stdout: '' });
      expect(stderr).toContain(`${existing}: expected no such file, found one [output.exists]`);
      expect(desk.names()).toEqual([existing]);
      expect(desk.read(existing).toString()).toBe('precious');
    }
  });

  it('without a terminal names what needs none, and writes nothing', async () => {
    const desk = new Desk();
    expect(await desk.run('keygen', 'office')).toEqual({
      exitCode: 64,
      stdout: '',
      stderr:
        'sign-update: passphrase for the new key: expected a terminal to ask on, found none [key.no-terminal]\n' +
        '  hint: type it on a terminal, or give a file: --passphrase-file for a key, --password-file for a user\n',
    });
    expect(desk.names()).toEqual([]);
  });

  it('refuses an empty or missing passphrase file, and one that is given together with --no-passphrase', async () => {
    const desk = new Desk();
    desk.write('empty', '\nsecond line\n');
    const empty = await desk.run('keygen', 'office', '--passphrase-file', 'empty');
    expect([empty.exitCode, empty.stderr]).toEqual([
      77,
      expect.stringContaining('empty: expected a passphrase on the first line, found it empty'),
    ]);
    const missing = await desk.run('keygen', 'office', '--passphrase-file', 'missing');
    expect([missing.exitCode, missing.stderr]).toEqual([66, expect.stringContaining('missing')]);
    const both = await desk.run('keygen', 'office', '--passphrase-file', 'empty', '--no-passphrase');
    expect(both.exitCode).toBe(64);
    expect(desk.names()).toEqual(['empty']);
  });

  it('prints facts as JSON, and no secret', async () => {
    const desk = new Desk();
    const { stdout } = await desk.run('keygen', 'office', '--no-passphrase', '--json');
    expect(JSON.parse(stdout)).toEqual({
      schema: 'sign-update.keygen/1',
      keyId: parsePublicKey(desk.read('office.pub').toString()).keyId,
      fingerprint: fingerprintOf(parsePublicKey(desk.read('office.pub').toString())),
      secretFile: 'office.key',
      publicFile: 'office.pub',
    });
  });
});

describe('on a terminal, sign-update keygen', () => {
  it('asks twice, shows nothing of what is typed, even ahead, and makes a key with which sign asks once', async () => {
    const desk = new Desk();
    const { exitCode, shown } = await onTerminal(
      desk,
      ['keygen', 'office'],
      [['passphrase for the new key: ', 'open sesame\nopen sesame\n']],
    );
    expect(exitCode).toBe(0);
    expect(shown).toMatch(
      /^passphrase for the new key: \r\nthe same again: \r\nencrypting the key .*\r\nkey [0-9A-F]{16}\r\n/,
    );
    expect(shown).not.toContain('sesame');
    const key = await parseSecretKey(desk.read('office.key').toString(), () => 'open sesame');
    expect(parsePublicKey(desk.read('office.pub').toString())).toEqual(publicKeyOf(key));
    expect(desk.mode('office.key')).toBe(0o600);

    desk.write('update/run.sh', '#!/bin/sh\n', 0o755);
    const signed = await onTerminal(
      desk,
      ['sign', 'update', ...plainly, '-o', 'out.zip'],
      [['passphrase of office.key: ', 'open sesame\n']],
    );
    expect([signed.exitCode, signed.shown]).toEqual([0, expect.stringContaining(`signed by ${key.keyId}`)]);
    expect(signed.shown).not.toContain('sesame');
  });

  it('makes no key when the two differ, when none is typed, or when it is broken off', async () => {
    const again = 'the same again: ';
    const first = 'passphrase for the new key: ';
    const cases = [
      {
        answers: [
          [first, 'one\n'],
          [again, 'two\n'],
        ],
        found: 'found them different',
      },
      {
        answers: [
          [first, '\n'],
          [again, '\n'],
        ],
        found: 'found it empty',
      },
      { answers: [[first, '\x03']], found: 'interrupted' },
      { answers: [[first, '\x04']], found: 'found the end of the input' },
    ] as const;
    for (const { answers, found } of cases) {
      const desk = new Desk();
      const { exitCode, shown } = await onTerminal(desk, ['keygen', 'office'], answers);
      const asOneLine = shown.replaceAll(/\s+/g, ' '); // broken where the terminal ends
      expect([exitCode, asOneLine]).toEqual([77, expect.stringContaining(`${found} [key.passphrase]`)]);
      expect(desk.names()).toEqual([]);
    }
  });
});
