/** Parcels of kinds that sign-update does not make itself: shown, verified as their kind demands, and never signed by mistake. */
import { afterAll, describe, expect, it } from 'vitest';
import { deputyKey, officeKey, strangerKey } from '../../fixtures/kit/keys.ts';
import { joinComment } from '../../src/parcel/framing.ts';
import { packBundle, packLog } from '../../src/parcel/pack.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import { formatComment } from '../../src/parcel/signature-block.ts';
import { Desk } from '../kit/desk.ts';
import { draftLog, enrolledNode, incarnation, signedAck, signedLog } from '../kit/enrolled.ts';
import { hashed } from '../kit/judge.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { defaultCreated, signZip } from '../kit/office.ts';

const kiosk = enrolledNode(1, 'kiosk');
const proxy = enrolledNode(9, 'proxy');
const voids = [{ first: 2, last: 3 }];
const log = signedLog(kiosk, { sequence: 12, class: 'short', full: false, voids });
const ack = signedAck(proxy, {
  number: 3,
  origins: [
    {
      origin: kiosk.guid,
      incarnation,
      held: [{ first: 1, last: 1 }],
      voids,
      digest: 'ab'.repeat(32),
    },
  ],
});
const bundle = signZip(
  packBundle(
    { node: kiosk.guid, role: 'kiosk', serial: 1, created: defaultCreated },
    {
      'enrolment.txt': Buffer.from(`${kiosk.enrolment}\n`),
      'user-cert.pub': Buffer.from('x'),
      'host-cert.pub': Buffer.from('x'),
      'ca.pub': Buffer.from('x'),
    },
  ),
  officeKey,
);

afterAll(removeFolders);

function deskWith(parcels: Readonly<Record<string, Buffer>>): Desk {
  const desk = new Desk();
  for (const [name, key] of Object.entries({ office: officeKey, deputy: deputyKey, stranger: strangerKey }))
    desk.putKey(name, key);
  for (const [name, parcel] of Object.entries(parcels)) desk.write(name, parcel);
  return desk;
}

describe('sign-update verify', () => {
  it('tells in words what a node has signed, and who it is', async () => {
    const desk = deskWith({ 'log.zip': log, 'ack.zip': ack, 'bundle.zip': bundle });
    const said = async (name: string): Promise<string> =>
      (await desk.run('verify', name, '--pub', 'office.pub')).stdout;
    expect(await said('log.zip')).toBe(
      `archive of logs ${kiosk.guid}/${incarnation}/12 is good\n` +
        `  class      short, since the one before it\n  lost       2-3\n  digest     ${hashed(log).digest.slice(0, 16)}\n` +
        `  signed by  node ${kiosk.guid}, kiosk, enrolment 1\n`,
    );
    expect(await said('ack.zip')).toBe(
      `acknowledgement 3 of proxy ${proxy.guid}, shard 0 is good\n  epoch      fedcba9876543210\n` +
        `  covers     ${kiosk.guid}/${incarnation}: 1-3 (2 of them lost)\n  digest     ${hashed(ack).digest.slice(0, 16)}\n` +
        `  signed by  node ${proxy.guid}, proxy, enrolment 9\n`,
    );
    expect(await said('bundle.zip')).toBe(
      `enrolment 1 of node ${kiosk.guid} as kiosk for ${kiosk.guid} is good\n` +
        `  digest     ${hashed(bundle).digest.slice(0, 16)}\n  signed by  ${officeKey.keyId} (1 needed)\n`,
    );
  });

  it('tells the same as JSON', async () => {
    const desk = deskWith({ 'log.zip': log, 'ack.zip': ack, 'bundle.zip': bundle });
    const facts = async (name: string): Promise<unknown> =>
      JSON.parse((await desk.run('verify', name, '--pub', 'office.pub', '--json')).stdout);
    const common = { schema: 'sign-update.verify/1', recipients: null, threshold: 1 };
    expect(await facts('log.zip')).toEqual({
      ...common,
      kind: 'log',
      origin: kiosk.guid,
      incarnation,
      sequence: 12,
      class: 'short',
      full: false,
      digest: hashed(log).digest,
      signers: [kiosk.key.keyId],
      enrolment: { node: kiosk.guid, role: 'kiosk', serial: 1 },
    });
    expect(await facts('ack.zip')).toEqual({
      ...common,
      kind: 'ack',
      proxy: proxy.guid,
      epoch: 'fedcba9876543210',
      number: 3,
      shard: 0,
      digest: hashed(ack).digest,
      signers: [proxy.key.keyId],
      enrolment: { node: proxy.guid, role: 'proxy', serial: 9 },
    });
    expect(await facts('bundle.zip')).toEqual({
      ...common,
      kind: 'enrolment',
      node: kiosk.guid,
      role: 'kiosk',
      serial: 1,
      recipients: [kiosk.guid],
      digest: hashed(bundle).digest,
      signers: [officeKey.keyId],
      enrolment: null,
    });
  });

  it.each<[string, Buffer, string]>([
    ['an acknowledgement by a kiosk', signedAck(kiosk), 'enrolment.role'],
    ['a log by the office', signedLog(enrolledNode(3, 'office')), 'enrolment.role'],
    ['a log in the name of another', packLog(draftLog(proxy.guid), [], kiosk), 'enrolment.other-node'],
    [
      'an acknowledgement in the name of another',
      signedAck({ ...proxy, guid: kiosk.guid }),
      'enrolment.other-node',
    ],
    ['a log that the office has signed', signZip(unsignedOf(log), officeKey), 'manifest.other-kind'],
    ['an enrolment that a node has signed', signedByNode(unsignedOf(bundle)), 'manifest.other-kind'],
    ['a log by a stranger', signedLog(enrolledNode(1, 'kiosk', {}, [strangerKey])), 'enrolment.unproven'],
    ['a log that was changed', flipped(log), 'enrolment.bad-signature'],
  ])('refuses %s', async (_, parcel, code) => {
    const ran = await deskWith({ 'a.zip': parcel }).run('verify', 'a.zip', '--pub', 'office.pub');
    expect([ran.exitCode, ran.stdout, ran.stderr]).toEqual([65, '', expect.stringContaining(`[${code}]`)]);
  });

  it('demands of the enrolment what it demands of a parcel', async () => {
    const desk = deskWith({ 'log.zip': log });
    const pubs = ['--pub', 'office.pub', '--pub', 'deputy.pub', '--threshold', '2'];
    expect((await desk.run('verify', 'log.zip', ...pubs)).stderr).toContain('[enrolment.unproven]');
  });
});

describe('sign-update inspect', () => {
  it('shows every kind, and the manifest of each as JSON', async () => {
    const desk = deskWith({ 'log.zip': log, 'ack.zip': ack, 'bundle.zip': bundle });
    for (const [name, first, kind] of [
      ['log.zip', 'archive of logs', 'log'],
      ['ack.zip', 'acknowledgement 3', 'ack'],
      ['bundle.zip', 'enrolment 1', 'enrolment'],
    ] as const) {
      const { exitCode, stdout } = await desk.run('inspect', name);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`\n${first}`)]);
      expect(stdout).toContain('  signatures  1, not checked\n');
      const json = JSON.parse((await desk.run('inspect', name, '--json')).stdout) as { manifest: object };
      expect(json.manifest).toMatchObject({ format: 'ferryman/1', kind });
    }
  });
});

describe('sign-update cosign', () => {
  it('adds no signature to what a node signs alone', async () => {
    const desk = deskWith({ 'log.zip': log, 'ack.zip': ack });
    for (const [name, before] of [
      ['log.zip', log],
      ['ack.zip', ack],
    ] as const) {
      const ran = await desk.run('cosign', name, '--key', 'office.key');
      expect([ran.exitCode, ran.stderr]).toEqual([64, expect.stringContaining('which a node signs alone')]);
      expect(desk.read(name).equals(before)).toBe(true);
    }
  });
});

function unsignedOf(parcel: Buffer): Buffer {
  const { framing } = hashed(parcel);
  return Buffer.concat([parcel.subarray(0, framing.eocdOffset + 20), Buffer.alloc(2)]);
}

function signedByNode(zip: Buffer): Buffer {
  const block = signDigest(hashed(zip).digest, kiosk.key, kiosk.enrolment);
  return joinComment(zip, formatComment([block]));
}

function flipped(parcel: Buffer): Buffer {
  const copy = Buffer.from(parcel);
  copy[100] = (copy[100] ?? 0) ^ 1;
  return copy;
}
