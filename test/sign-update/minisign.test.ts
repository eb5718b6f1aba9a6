/** Debian's minisign and sign-update read each other's keys and signatures. Encrypted keys cost some 3 s and 1 GiB each time. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { verifyEnrolment } from '../../src/verify/enrolled.ts';
import { Desk, plainly } from '../kit/desk.ts';
import { enrolledNode, signedLog } from '../kit/enrolled.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { trusted } from '../kit/office.ts';

const present = spawnSync('minisign', ['-v']).status === 0;

afterAll(removeFolders);

async function succeeds(
  ran: Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>,
): Promise<string> {
  const { exitCode, stdout, stderr } = await ran;
  expect([exitCode, stderr]).toEqual([0, exitCode === 0 ? stderr : '']);
  return stdout;
}

describe.skipIf(!present)('with keys of sign-update, stock minisign (Debian package minisign)', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = Desk.ready(officeKey);
    await succeeds(desk.run('keygen', 'ours', '--no-passphrase'));
    await succeeds(desk.run('sign', 'update', ...plainly, '-o', 'update.zip'));
    await succeeds(desk.run('cosign', 'update.zip', '--key', 'ours.key'));
    await succeeds(desk.run('detach', 'update.zip', '-o', 'plain.zip'));
  });

  it('accepts each detached signature, and shows its trusted comment', async () => {
    for (const name of ['office', 'ours']) {
      const { keyId } = parsePublicKey(desk.read(`${name}.pub`).toString());
      const signature = `plain.zip.${keyId}.minisig`;
      const shown = await succeeds(
        desk.minisign(['-V', '-p', `${name}.pub`, '-m', 'plain.zip', '-x', signature]),
      );
      expect(shown).toContain('Signature and comment signature verified\nTrusted comment: ferryman update 1');
    }
  });

  it('refuses the detached signature over a changed zip', async () => {
    const changed = desk.read('plain.zip');
    changed[50] = (changed[50] ?? 0) ^ 1;
    desk.write('changed.zip', changed);
    const signature = `plain.zip.${officeKey.keyId}.minisig`;
    const { exitCode } = await desk.minisign([
      '-V',
      '-p',
      'office.pub',
      '-m',
      'changed.zip',
      '-x',
      signature,
    ]);
    expect(exitCode).not.toBe(0);
  });

  it('signs with an unencrypted one, and what it signs is attached and verified', async () => {
    await succeeds(
      desk.minisign([
        '-S',
        '-s',
        'ours.key',
        '-m',
        'plain.zip',
        '-x',
        'by-minisign.minisig',
        '-t',
        'by hand',
      ]),
    );
    await succeeds(desk.run('attach', 'plain.zip', 'by-minisign.minisig', '-o', 'attached.zip'));
    expect(await succeeds(desk.run('verify', 'attached.zip', '--pub', 'ours.pub'))).toContain('is good');
  });

  it('signs with an encrypted one, and what it signs is attached and verified', async () => {
    desk.write('passphrase', 'open sesame\n');
    await succeeds(desk.run('keygen', 'secret', '--passphrase-file', 'passphrase'));
    await succeeds(
      desk.minisign(['-S', '-s', 'secret.key', '-m', 'plain.zip', '-x', 'secret.minisig'], 'open sesame\n'),
    );
    await succeeds(desk.run('attach', 'plain.zip', 'secret.minisig', '-o', 'secret.zip'));
    expect(await succeeds(desk.run('verify', 'secret.zip', '--pub', 'secret.pub'))).toContain('is good');
  });
});

describe.skipIf(!present)('with keys of stock minisign (Debian package minisign), sign-update', () => {
  it('signs with an unencrypted one, and both accept the signature', async () => {
    const desk = Desk.ready(officeKey);
    await succeeds(desk.minisign(['-G', '-W', '-p', 'theirs.pub', '-s', 'theirs.key']));
    const options = plainly.map((word) => (word === 'office.key' ? 'theirs.key' : word));
    await succeeds(desk.run('sign', 'update', ...options, '-o', 'update.zip'));
    expect(await succeeds(desk.run('verify', 'update.zip', '--pub', 'theirs.pub'))).toContain('is good');
    await succeeds(desk.run('detach', 'update.zip', '-o', 'plain.zip'));
    await succeeds(desk.minisign(['-V', '-p', 'theirs.pub', '-m', 'plain.zip']));
  });

  it('signs with an encrypted one, not with a wrong passphrase, and both accept the signature', async () => {
    const desk = Desk.ready(officeKey);
    desk.write('right', 'open sesame\nsecond line\n');
    desk.write('wrong', 'open barley\n');
    await succeeds(
      desk.minisign(['-G', '-p', 'theirs.pub', '-s', 'theirs.key'], 'open sesame\nopen sesame\n'),
    );
    const options = plainly.map((word) => (word === 'office.key' ? 'theirs.key' : word));
    const sign = ['sign', 'update', ...options, '-o', 'update.zip'];
    const [wrong, none] = [await desk.run(...sign, '--passphrase-file', 'wrong'), await desk.run(...sign)];
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      77,
      expect.stringContaining('theirs.key: expected the passphrase of this key, found another'),
    ]);
    expect([none.exitCode, none.stderr]).toEqual([
      64,
      expect.stringContaining('passphrase of theirs.key: expected a terminal'),
    ]);
    expect(desk.names()).not.toContain('update.zip');
    await succeeds(desk.run(...sign, '--passphrase-file', 'right'));
    await succeeds(desk.run('detach', 'update.zip', '-o', 'plain.zip'));
    await succeeds(desk.minisign(['-V', '-p', 'theirs.pub', '-m', 'plain.zip']));
  });

  it('takes no signature that minisign made in its legacy mode', async () => {
    const desk = Desk.ready(officeKey);
    await succeeds(desk.run('sign', 'update', ...plainly, '-o', 'update.zip'));
    await succeeds(desk.run('detach', 'update.zip', '-o', 'plain.zip'));
    await succeeds(
      desk.minisign(['-S', '-l', '-s', 'office.key', '-m', 'plain.zip', '-x', 'legacy.minisig']),
    );
    const { exitCode, stderr } = await desk.run('attach', 'plain.zip', 'legacy.minisig', '-o', 'out.zip');
    expect([exitCode, stderr]).toEqual([65, expect.stringContaining('[signature.legacy]')]);
  });
});

describe.skipIf(!present)('of what a node signs, stock minisign (Debian package minisign)', () => {
  const node = enrolledNode(1, 'kiosk');

  it("accepts an archive of logs by the node's key, and shows the enrolment", async () => {
    const desk = new Desk();
    desk.putKey('node', node.key);
    desk.write('log.zip', signedLog(node));
    await succeeds(desk.run('detach', 'log.zip', '-o', 'plain.zip'));
    const shown = await succeeds(desk.minisign(['-V', '-p', 'node.pub', '-m', 'plain.zip']));
    expect(shown).toContain(`Trusted comment: ${node.enrolment}`);
  });

  it('makes an enrolment: line two of its signature over the document', async () => {
    const desk = Desk.ready(officeKey);
    const [word = '', document = '', signature = ''] = node.enrolment.split(' ');
    desk.write('document', document);
    await succeeds(desk.minisign(['-S', '-s', 'office.key', '-m', 'document', '-x', 'made.minisig']));
    const lines = desk.read('made.minisig').toString().split('\n');
    expect(lines[1]).toBe(signature);
    const trust = { keys: trusted(officeKey), threshold: 1 };
    expect(verifyEnrolment([word, document, lines[1]].join(' '), trust)).toMatchObject({ node: node.guid });
  });
});
