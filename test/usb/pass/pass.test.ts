/** What a pass opens: read with the trust of updates, and judged by facts alone. */
import { describe, expect, it } from 'vitest';
import { deputyKey, officeKey, strangerKey } from '../../../fixtures/kit/keys.ts';
import { FerrymanError } from '../../../src/errors.ts';
import type { UsbPass } from '../../../src/parcel/usb-pass.ts';
import { judgePass, type PassFacts } from '../../../src/usb/pass/judge-pass.ts';
import { readPass } from '../../../src/usb/pass/read-pass.ts';
import { packManifest } from '../../../src/parcel/pack.ts';
import { hashed } from '../../kit/judge.ts';
import { signedPass, signedUpdate, signZip, trusted } from '../../kit/office.ts';

const office = { keys: trusted(officeKey), threshold: 1 };
const guid = '0a1b2c3d-0000-4000-8000-000000000001';
const other = '0a1b2c3d-0000-4000-8000-000000000002';

const facts: PassFacts = {
  wanted: 'apply',
  volume: '3EF5-2A49',
  serial: '4C530001',
  node: { guid, role: 'kiosk', groups: ['north'] },
  timeFloor: '2026-11-21T00:00:00Z',
  uses: 0,
};

/** Kind and code of a judgement. */
async function judged(draft: Partial<UsbPass>, changes: Partial<PassFacts> = {}): Promise<string> {
  const pass = await readPass(signedPass(draft, officeKey), office);
  const judgement = judgePass(pass, { ...facts, ...changes });
  return judgement.kind === 'accepted' ? 'accepted' : `${judgement.kind} ${judgement.error.code}`;
}

async function failureOf(work: Promise<unknown>): Promise<FerrymanError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FerrymanError) return error;
    throw error;
  }
  throw new Error('expected a failure, found none');
}

describe('reading a pass', () => {
  it('proves it by the keys and the threshold of updates', async () => {
    const bytes = signedPass({}, officeKey, deputyKey);
    const two = { keys: trusted(officeKey, deputyKey), threshold: 2 };
    const pass = await readPass(bytes, two);
    expect([pass.digest, pass.signers, pass.terms.technician]).toEqual([
      hashed(bytes).digest,
      [officeKey.keyId, deputyKey.keyId],
      'Ravi Kumar',
    ]);
    expect((await failureOf(readPass(signedPass({}, officeKey), two))).code).toBe('usb.pass-forged');
  });

  it('refuses whatever is not one of the office, with the reason', async () => {
    const sound = signedPass({}, officeKey);
    const flipped = Buffer.from(sound);
    flipped[60] = (flipped[60] ?? 0) ^ 1;
    const cases: [string, Buffer, RegExp][] = [
      ['empty', Buffer.alloc(0), /end record/],
      ['cut', sound.subarray(0, -1), /end record/],
      ['flipped', flipped, /does not match/],
      ['of a stranger', signedPass({}, strangerKey), /only unknown keys/],
      ['unsigned', packManifest(Buffer.from('{}'), []), /1 to 16 signatures/],
      ['an update', signedUpdate({}, officeKey), /expected a pass for a USB key, found an update/],
      ['no manifest', signZip(packManifest(Buffer.from('{}'), []), officeKey), /format/],
      ['too large', Buffer.alloc(64 * 1024 + 1), /at most 65536 bytes/],
      ['endless', Buffer.alloc(10 * 1024 * 1024), /at most 65536 bytes/],
    ];
    for (const [name, bytes, reason] of cases) {
      const { code, message } = await failureOf(readPass(bytes, office));
      expect([name, code, message]).toEqual([name, 'usb.pass-forged', expect.stringMatching(reason)]);
      expect(message).toMatch(/^ferryman\/pass\.zip: /);
    }
  });

  it('refuses a pass with any one bit flipped', async () => {
    const sound = signedPass({ serial: 'x' }, officeKey);
    for (let at = 0; at < sound.length; at++) {
      const flipped = Buffer.from(sound);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      expect([at, (await failureOf(readPass(flipped, office))).code]).toEqual([at, 'usb.pass-forged']);
    }
  });

  it('is no fault of the pass when the node trusts nobody', async () => {
    const none = { keys: [], threshold: 1 };
    expect((await failureOf(readPass(signedPass({}, officeKey), none))).code).toBe('trust.no-keys');
  });
});

describe('a pass is accepted', () => {
  it.each<[string, Partial<UsbPass>, Partial<PassFacts>]>([
    ['by its volume', {}, {}],
    ['by its serial number', { serial: '4C530001' }, {}],
    ['by its serial number, whatever spaces the device puts behind it', { serial: 'A1' }, { serial: 'A1  ' }],
    ['by a node that it names', { recipients: [guid] }, {}],
    ['by a group that it names', { recipients: [other, 'group:north'] }, {}],
    ['by a role that it names', { recipients: ['role:kiosk'] }, {}],
    ['at its last second', { notAfter: '2026-11-21T00:00:00Z' }, {}],
    ['after its end where no time is known', { notAfter: '2026-11-02T00:00:00Z' }, { timeFloor: undefined }],
    ['for its last use', { uses: 3 }, { uses: 2 }],
    ['for logs', { may: ['collect-logs'] }, { wanted: 'collect-logs' }],
  ])('%s', async (_, draft, changes) => {
    expect(await judged(draft, changes)).toBe('accepted');
  });
});

describe('a pass is invalid', () => {
  it('when there is none', () => {
    expect(judgePass(undefined, facts)).toMatchObject({
      kind: 'invalid',
      error: { code: 'usb.pass-missing' },
    });
  });

  it.each<[string, string, Partial<UsbPass>, Partial<PassFacts>]>([
    ['on another volume', 'usb.pass-volume', {}, { volume: '0000-0001' }],
    ['on a volume without UUID', 'usb.pass-volume', {}, { volume: '' }],
    ['on another device', 'usb.pass-serial', { serial: '4C530002' }, {}],
    ['on a device that tells no number', 'usb.pass-serial', { serial: '4C530001' }, { serial: undefined }],
    ['for another node', 'usb.pass-node', { recipients: [other, 'group:south', 'role:ferry'] }, {}],
    [
      'even when it is expired too',
      'usb.pass-node',
      { recipients: [other], notAfter: '2026-11-02T00:00:00Z' },
      {},
    ],
  ])('%s', async (_, code, draft, changes) => {
    expect(await judged(draft, changes)).toBe(`invalid ${code}`);
  });
});

describe('a pass grants nothing more, but lets results be written back,', () => {
  it.each<[string, string, Partial<UsbPass>, Partial<PassFacts>]>([
    [
      'when the office has signed after its end',
      'usb.pass-expired',
      { notAfter: '2026-11-20T23:59:59Z' },
      {},
    ],
    ['when its uses are counted', 'usb.pass-used-up', { uses: 3 }, { uses: 3 }],
    ['when more were counted', 'usb.pass-used-up', { uses: 1 }, { uses: 7 }],
    ['when it is only for logs', 'usb.pass-not-for-this', { may: ['collect-logs'] }, {}],
    ['when it is not for logs', 'usb.pass-not-for-this', {}, { wanted: 'collect-logs' }],
  ])('%s', async (_, code, draft, changes) => {
    expect(await judged(draft, changes)).toBe(`grants-nothing ${code}`);
  });

  it('and says whose it is and why', async () => {
    const pass = await readPass(signedPass({ uses: 1 }, officeKey), office);
    const judgement = judgePass(pass, { ...facts, uses: 1 });
    expect(judgement).toMatchObject({
      kind: 'grants-nothing',
      error: {
        message: `pass ${pass.digest.slice(0, 16)} of Ravi Kumar: expected at most 1 use on this node, found 1 counted`,
      },
    });
  });
});
