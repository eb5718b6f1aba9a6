import { describe, expect, it } from 'vitest';
import { deputyKey, fixedKey, officeKey, strangerKey } from '../../fixtures/kit/keys.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { formatEnrolment } from '../../src/parcel/enrolment.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import { signPing } from '../../src/parcel/ping.ts';
import { roles } from '../../src/parcel/recipients.ts';
import { signDigest } from '../../src/parcel/secret-key.ts';
import { parseComment, type SignatureBlock } from '../../src/parcel/signature-block.ts';
import { documentDigest } from '../../src/parcel/signed-document.ts';
import {
  ProvenLines,
  verifyByNode,
  verifyEnrolment,
  verifyPing,
  type NodeKind,
  type NodeTrust,
} from '../../src/verify/enrolled.ts';
import { verify } from '../../src/verify/verify.ts';
import { enrolledNode, signedAck, signedLog, type EnrolledNode } from '../kit/enrolled.ts';
import { codeOf } from '../kit/judge.ts';
import { trusted } from '../kit/office.ts';

const trust = { keys: trusted(officeKey), threshold: 1 };
const plain: NodeTrust = { trust, revoked: [] };
const kiosk = enrolledNode(1, 'kiosk');
const proxy = enrolledNode(9, 'proxy');

function signedOf(parcel: Buffer): { digest: string; blocks: SignatureBlock[] } {
  const { digest, framing } = hashParcel(parcel);
  return { digest, blocks: parseComment(framing.comment) };
}

function outcome(parcel: Buffer, kind: NodeKind, nodeTrust: NodeTrust = plain): ErrorCode | 'accepted' {
  return codeOf(() => verifyByNode(signedOf(parcel), nodeTrust, kind)) ?? 'accepted';
}

/** The log of a kiosk with its block changed. */
function changed(change: (block: SignatureBlock) => SignatureBlock): ErrorCode | 'accepted' {
  const { digest, blocks } = signedOf(signedLog(kiosk));
  return codeOf(() => verifyByNode({ digest, blocks: blocks.map(change) }, plain, 'log')) ?? 'accepted';
}

function proves(node: EnrolledNode, under = trust): ErrorCode | 'accepted' {
  return codeOf(() => verifyEnrolment(node.enrolment, under)) ?? 'accepted';
}

function pings(datagram: Buffer | string, nodeTrust = plain): ErrorCode | 'accepted' {
  return codeOf(() => verifyPing(Buffer.from(datagram), nodeTrust)) ?? 'accepted';
}

describe('a parcel that an enrolled node has signed', () => {
  it('is accepted, and says who', () => {
    const { digest, blocks } = signedOf(signedLog(kiosk));
    const signed = verifyByNode({ digest, blocks }, plain, 'log');
    expect(signed).toMatchObject({ digest, kind: 'log', signer: kiosk.guid });
    expect(signed.enrolment).toMatchObject({ node: kiosk.guid, role: 'kiosk', serial: 1 });
  });

  it('may be a log from every role but the office, and an acknowledgement from a proxy alone', () => {
    const table = roles.map((role) => {
      const node = enrolledNode(3, role);
      return [role, outcome(signedLog(node), 'log'), outcome(signedAck(node), 'ack')];
    });
    expect(table).toEqual([
      ['kiosk', 'accepted', 'enrolment.role'],
      ['ferry', 'accepted', 'enrolment.role'],
      ['gateway', 'accepted', 'enrolment.role'],
      ['proxy', 'accepted', 'accepted'],
      ['office', 'enrolment.role', 'enrolment.role'],
    ]);
  });

  it('is refused when its serial is revoked, whichever range names it', () => {
    for (const revoked of [[{ first: 1, last: 1 }], [{ first: 1, last: 40 }]])
      expect(outcome(signedLog(kiosk), 'log', { trust, revoked })).toBe('enrolment.revoked');
    const others = [
      { first: 2, last: 8 },
      { first: 10, last: 10 },
    ];
    expect(outcome(signedLog(kiosk), 'log', { trust, revoked: others })).toBe('accepted');
    expect(outcome(signedAck(proxy), 'ack', { trust, revoked: others })).toBe('accepted');
  });

  it('is refused without trusted keys', () => {
    expect(outcome(signedLog(kiosk), 'log', { trust: { keys: [], threshold: 1 }, revoked: [] })).toBe(
      'trust.no-keys',
    );
  });

  it('is refused with none or several signatures', () => {
    const { digest, blocks } = signedOf(signedLog(kiosk));
    const office = signDigest(digest, officeKey, 'ferryman test');
    for (const some of [[], [...blocks, office], [office, ...blocks]])
      expect(codeOf(() => verifyByNode({ digest, blocks: some }, plain, 'log'))).toBe('signature.malformed');
  });

  it('is refused when the office has signed it and no node', () => {
    expect(changed(() => signDigest(signedOf(signedLog(kiosk)).digest, officeKey, 'ferryman test'))).toBe(
      'enrolment.malformed',
    );
  });

  it('is refused when anything in its block was changed', () => {
    const other = signedOf(signedLog(kiosk, { sequence: 2 })).blocks[0];
    if (!other) throw new Error('no block');
    const results = [
      changed((block) => block),
      changed((block) => ({ ...block, signature: other.signature })),
      changed((block) => ({ ...block, globalSignature: other.globalSignature })),
      changed(() => other),
      changed((block) => ({ ...block, signature: Buffer.alloc(64) })),
      changed((block) => ({ ...block, keyId: proxy.key.keyId })),
      changed((block) => ({ ...block, trustedComment: enrolledNode(1, 'proxy').enrolment })),
      changed((block) => ({ ...block, trustedComment: proxy.enrolment })),
      changed((block) => ({ ...block, trustedComment: block.trustedComment.replace('kiosk', 'proxy') })),
      changed((block) => ({ ...block, trustedComment: 'ferryman test' })),
    ];
    const bad = 'enrolment.bad-signature';
    expect(results).toEqual([
      'accepted',
      bad,
      bad,
      bad,
      bad,
      'enrolment.other-key',
      bad, // the enrolment is sound, and the key too, but this is not what was signed
      'enrolment.other-key',
      'enrolment.unproven',
      'enrolment.malformed',
    ]);
  });

  it("is refused with somebody else's enrolment over the thief's own signature", () => {
    const thief = { ...enrolledNode(7, 'kiosk'), enrolment: proxy.enrolment };
    expect(outcome(signedAck(thief), 'ack')).toBe('enrolment.other-key');
    const disguised = { ...thief, key: { ...thief.key, keyId: proxy.key.keyId } };
    expect(outcome(signedAck(disguised), 'ack')).toBe('enrolment.bad-signature');
  });
});

describe('an enrolment', () => {
  const both = { keys: trusted(officeKey, deputyKey), threshold: 2 };

  it('needs as many trusted keys as a parcel of the office', () => {
    expect(proves(enrolledNode(1, 'kiosk', {}, [officeKey]), both)).toBe('enrolment.unproven');
    expect(proves(enrolledNode(1, 'kiosk', {}, [officeKey, strangerKey]), both)).toBe('enrolment.unproven');
    expect(proves(enrolledNode(1, 'kiosk', {}, [officeKey, deputyKey]), both)).toBe('accepted');
    expect(proves(enrolledNode(1, 'kiosk', {}, [officeKey, deputyKey, strangerKey]), both)).toBe('accepted');
    expect(proves(enrolledNode(1, 'kiosk', {}, [strangerKey]))).toBe('enrolment.unproven');
  });

  it('is refused as soon as one trusted signature is wrong, with enough good ones too', () => {
    const impostor = { ...strangerKey, keyId: deputyKey.keyId };
    const keys = trusted(officeKey, deputyKey);
    expect(proves(enrolledNode(1, 'kiosk', {}, [officeKey, impostor]), { keys, threshold: 1 })).toBe(
      'enrolment.unproven',
    );
  });

  it('does not lend its signature to a parcel', () => {
    const { enrolment } = enrolledNode(1, 'kiosk');
    const [, document = '', signature = ''] = enrolment.split(' ');
    const packed = Buffer.from(signature, 'base64');
    const asParcel = { ...signDigest('00'.repeat(64), officeKey, ''), signature: packed.subarray(10) };
    // The signature over the digest is right, the one over the trusted comment cannot be made without the key.
    expect(codeOf(() => verify({ digest: documentDigest(document), blocks: [asParcel] }, trust))).toBe(
      'verify.bad-signature',
    );
  });

  it('is signed as stock minisign signs a file that holds the document', () => {
    const { enrolment, key } = enrolledNode(1, 'kiosk');
    const document = enrolment.split(' ')[1] ?? '';
    expect(document).toBe(formatEnrolment(verifyEnrolment(enrolment, trust)));
    const block = signDigest(documentDigest(document), officeKey, '');
    expect(enrolment.split(' ')[2]).toBe(
      Buffer.concat([
        Buffer.from('ED'),
        Buffer.from(officeKey.keyId, 'hex').reverse(),
        block.signature,
      ]).toString('base64'),
    );
    expect(key.keyId).not.toBe(officeKey.keyId);
  });
});

describe('proven lines', () => {
  it('are believed again without proof, and only under the trust that they were proven under', () => {
    const proven = new ProvenLines(2);
    const first = proven.verify(kiosk.enrolment, trust);
    expect(proven.verify(kiosk.enrolment, trust)).toBe(first);
    const stranger = { keys: trusted(strangerKey), threshold: 1 };
    expect(codeOf(() => proven.verify(kiosk.enrolment, stranger))).toBe('enrolment.unproven');
    expect(proven.verify(kiosk.enrolment, trust)).not.toBe(first);
  });

  it('are forgotten, the oldest first, when there are too many', () => {
    const proven = new ProvenLines(2);
    const nodes = [1, 2, 3].map((n) => enrolledNode(n, 'kiosk'));
    const [first, second] = nodes.map(({ enrolment }) => proven.verify(enrolment, trust));
    expect(proven.verify(nodes[1]?.enrolment ?? '', trust)).toBe(second);
    expect(proven.verify(nodes[0]?.enrolment ?? '', trust)).not.toBe(first);
  });

  it('do not hold what was refused', () => {
    const proven = new ProvenLines();
    const forged = enrolledNode(1, 'proxy', {}, [strangerKey]);
    for (let times = 0; times < 2; times++)
      expect(codeOf(() => proven.verify(forged.enrolment, trust))).toBe('enrolment.unproven');
    expect(outcome(signedLog(kiosk), 'log', { ...plain, proven })).toBe('accepted');
    expect(outcome(signedLog(kiosk), 'log', { ...plain, proven, revoked: [{ first: 1, last: 1 }] })).toBe(
      'enrolment.revoked',
    );
  });
});

describe('a ping', () => {
  const ping = {
    node: kiosk.guid,
    incarnation: '0123456789abcdef',
    counter: 1,
    port: 7822,
    holdings: 'fedcba9876543210',
    roster: 0,
  };
  const sound = signPing(ping, kiosk.key, kiosk.enrolment);

  it('of an enrolled node is accepted, and says what it said', () => {
    expect(verifyPing(sound, plain)).toMatchObject({ ping, enrolment: { node: kiosk.guid, role: 'kiosk' } });
  });

  it('is refused in the name of another node, changed, revoked or without an enrolment that counts', () => {
    const text = sound.toString();
    expect([
      pings(signPing({ ...ping, node: proxy.guid }, kiosk.key, kiosk.enrolment)),
      pings(signPing(ping, proxy.key, kiosk.enrolment)),
      pings(text.replace('"port":7822', '"port":7823')),
      pings(text.replace('"role":"kiosk"', '"role":"proxy"')),
      pings(text.slice(0, text.indexOf(' ferryman-enrolment'))),
      pings(signPing(ping, kiosk.key, enrolledNode(1, 'kiosk', {}, [fixedKey(0xd4)]).enrolment)),
      pings(sound, { trust, revoked: [{ first: 1, last: 1 }] }),
    ]).toEqual([
      'enrolment.other-node',
      'enrolment.bad-signature',
      'enrolment.bad-signature',
      'enrolment.unproven',
      'enrolment.malformed',
      'enrolment.unproven',
      'enrolment.revoked',
    ]);
  });
});
