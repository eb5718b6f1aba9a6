import { afterAll, describe, expect, it } from 'vitest';
import { deputyKey, fixedKey, officeKey, strangerKey } from '../../fixtures/kit/keys.ts';
import { block, soundZip, withComment } from '../../fixtures/kit/sign.ts';
import { hashed, verified } from '../kit/judge.ts';
import { Desk, plainly } from '../kit/desk.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { signZip, trusted, unsignedUpdate } from '../kit/office.ts';

afterAll(removeFolders);

async function signedDesk(): Promise<Desk> {
  const desk = Desk.ready(officeKey);
  desk.putKey('deputy', deputyKey);
  const { exitCode } = await desk.run('sign', 'update', ...plainly, '-o', 'update.zip');
  expect(exitCode).toBe(0);
  return desk;
}

describe('sign-update cosign', () => {
  it('adds a signature in place and changes nothing that was signed', async () => {
    const desk = await signedDesk();
    const { digest } = hashed(desk.read('update.zip'));
    const before = desk.names();
    expect(await desk.run('cosign', 'update.zip', '--key', 'deputy.key')).toEqual({
      exitCode: 0,
      stdout: `update 1 "update": signature by ${deputyKey.keyId} added, 2 in all\n`,
      stderr: '',
    });
    const proof = verified(desk.read('update.zip'), { keys: trusted(officeKey, deputyKey), threshold: 2 });
    expect([proof.digest, proof.signers]).toEqual([digest, [officeKey.keyId, deputyKey.keyId]]);
    expect(desk.names()).toEqual([...before, 'deputy.key.sequences', 'deputy.key.sequences/1'].toSorted());
  });

  it('gives the same parcel whoever signs first', async () => {
    const [desk, other] = [await signedDesk(), new Desk()];
    await desk.run('cosign', 'update.zip', '--key', 'deputy.key');
    other.putKey('office', officeKey);
    other.write('update.zip', signZip(unsignedOf(desk.read('update.zip')), deputyKey));
    await other.run('cosign', 'update.zip', '--key', 'office.key');
    // the trusted comment of the kit's signature is another, so the signatures are compared by who made them
    expect(hashed(other.read('update.zip')).digest).toBe(hashed(desk.read('update.zip')).digest);
    const trust = { keys: trusted(officeKey, deputyKey), threshold: 2 };
    expect(verified(other.read('update.zip'), trust).signers).toEqual(
      verified(desk.read('update.zip'), trust).signers,
    );
  });

  it('refuses a key that has signed already, and leaves the parcel as it is', async () => {
    const desk = await signedDesk();
    const before = desk.read('update.zip');
    const { exitCode, stderr } = await desk.run('cosign', 'update.zip', '--key', 'office.key');
    expect([exitCode, stderr]).toEqual([65, expect.stringContaining('[sign.already-signed]')]);
    expect(desk.read('update.zip').equals(before)).toBe(true);
  });

  it('refuses a sequence that its key has used for other content', async () => {
    const desk = await signedDesk();
    desk.write('other.zip', signZip(unsignedUpdate({ title: 'other content' }), deputyKey));
    expect((await desk.run('cosign', 'update.zip', '--key', 'deputy.key')).exitCode).toBe(0);
    const before = desk.read('other.zip');
    // the office's key has signed another content as sequence 1
    const { exitCode, stderr } = await desk.run('cosign', 'other.zip', '--key', 'office.key');
    expect([exitCode, stderr]).toEqual([65, expect.stringContaining('[sign.sequence-used]')]);
    expect(desk.read('other.zip').equals(before)).toBe(true);
  });

  it('refuses a seventeenth signature', async () => {
    const desk = await signedDesk();
    const zip = soundZip('many');
    const keys = Array.from({ length: 16 }, (_, index) => fixedKey(index + 1));
    desk.write('many.zip', withComment(zip, keys.map((key) => block(key, zip)).join('')));
    const { exitCode, stderr } = await desk.run('cosign', 'many.zip', '--key', 'deputy.key');
    expect([exitCode, stderr]).toEqual([65, expect.stringContaining('[sign.too-many]')]);
  });

  it('does not lend its key to a file that no node would read', async () => {
    const desk = await signedDesk();
    const damaged = desk.read('update.zip');
    damaged[damaged.indexOf('some data')] = 0x53;
    desk.write('damaged.zip', damaged);
    const before = desk.names();
    const { exitCode, stderr } = await desk.run('cosign', 'damaged.zip', '--key', 'deputy.key');
    expect([exitCode, stderr]).toEqual([65, expect.stringContaining('[zip.damaged]')]);
    expect(desk.names()).toEqual(before);
  });
});

function unsignedOf(parcel: Buffer): Buffer {
  const { framing } = hashed(parcel);
  return Buffer.concat([parcel.subarray(0, framing.eocdOffset + 20), Buffer.alloc(2)]);
}

describe('sign-update verify', () => {
  it('names what is good, by whom, and how many were needed', async () => {
    const desk = await signedDesk();
    await desk.run('cosign', 'update.zip', '--key', 'deputy.key');
    const { digest } = hashed(desk.read('update.zip'));
    const pubs = ['--pub', 'office.pub', '--pub', 'deputy.pub'];
    expect(await desk.run('verify', 'update.zip', ...pubs, '--threshold', '2')).toEqual({
      exitCode: 0,
      stdout: `update 1 "update" for all is good\n  digest     ${digest.slice(0, 16)}\n  signed by  ${officeKey.keyId}, ${deputyKey.keyId} (2 needed)\n`,
      stderr: '',
    });
    const json = await desk.run('verify', 'update.zip', '--pub', 'deputy.pub', '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      schema: 'sign-update.verify/1',
      kind: 'update',
      sequence: 1,
      title: 'update',
      recipients: ['all'],
      digest,
      signers: [deputyKey.keyId],
      threshold: 1,
      enrolment: null,
    });
  });

  it('fails with the reason, and prints nothing else', async () => {
    const desk = await signedDesk();
    desk.putKey('stranger', strangerKey);
    desk.putKey('office-again', { ...officeKey, keyId: '0000000000000001' });
    const parcel = desk.read('update.zip');
    desk.write('cut.zip', parcel.subarray(0, -1));
    const flipped = Buffer.from(parcel);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    desk.write('flipped.zip', flipped);
    desk.write('damaged.zip', signZip(Buffer.from(unsignedOf(flipped)), officeKey));
    const cases: readonly (readonly [string[], number, string])[] = [
      [['update.zip', '--pub', 'stranger.pub'], 65, 'verify.unknown-key'],
      [
        ['update.zip', '--pub', 'office.pub', '--pub', 'deputy.pub', '--threshold', '2'],
        65,
        'verify.threshold',
      ],
      [['update.zip', '--pub', 'office.pub', '--threshold', '2'], 78, 'trust.threshold'],
      [['update.zip', '--pub', 'office.pub', '--pub', 'office.pub'], 78, 'trust.duplicate'],
      [
        ['update.zip', '--pub', 'office.pub', '--pub', 'office-again.pub', '--threshold', '2'],
        78,
        'trust.duplicate',
      ],
      [['update.zip', '--pub', 'office.key'], 65, 'key.malformed'],
      [['update.zip', '--pub', 'missing.pub'], 66, 'source.missing'],
      [['update.zip', '--pub', 'office.pub', '--threshold', '0'], 64, 'usage.invalid'],
      [['update.zip', '--pub', 'office.pub', '--threshold', '1.5'], 64, 'usage.invalid'],
      [['update.zip'], 64, 'usage.invalid'],
      [['missing.zip', '--pub', 'office.pub'], 66, 'source.missing'],
      [['cut.zip', '--pub', 'office.pub'], 65, 'framing.truncated'],
      [['flipped.zip', '--pub', 'office.pub'], 65, 'verify.bad-signature'],
      [['damaged.zip', '--pub', 'office.pub'], 65, 'zip.damaged'],
    ];
    for (const [args, status, code] of cases) {
      const { exitCode, stdout, stderr } = await desk.run('verify', ...args);
      expect([args, exitCode, stdout, stderr]).toEqual([
        args,
        status,
        '',
        expect.stringMatching(new RegExp(`^sign-update: .*\\[${code}\\]\n  hint: .*\n$`)),
      ]);
    }
  });

  it('tells of a failure as JSON when it is asked for JSON', async () => {
    const desk = await signedDesk();
    desk.putKey('stranger', strangerKey);
    const { exitCode, stdout, stderr } = await desk.run(
      'verify',
      'update.zip',
      '--pub',
      'stranger.pub',
      '--json',
    );
    expect([exitCode, stdout]).toEqual([65, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      schema: 'ferryman.error/1',
      code: 'verify.unknown-key',
      exit: 65,
    });
  });
});
