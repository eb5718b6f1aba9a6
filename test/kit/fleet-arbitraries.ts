/** Random documents of the exchange for fast-check: sound ones, as nodes and the office make them. */
import * as fc from 'fast-check';
import { fixedKey } from '../../fixtures/kit/keys.ts';
import type { Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import type { Contact } from '../../src/parcel/contact.ts';
import type { Enrolment } from '../../src/parcel/enrolment.ts';
import type { EnrolmentRequest } from '../../src/parcel/enrolment-request.ts';
import { logClasses, type LogManifest } from '../../src/parcel/log-archive.ts';
import { listed } from '../../src/parcel/pack.ts';
import type { Ping } from '../../src/parcel/ping.ts';
import { roles } from '../../src/parcel/recipients.ts';
import { compareIncarnations, type Incarnation, type Roster } from '../../src/parcel/roster.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { subtract } from '../../src/parcel/sequence-sets.ts';
import { normaliseRanges, type SequenceRange } from '../../src/parcel/sequences.ts';
import { byProxyAndShard, type Summary } from '../../src/parcel/summary.ts';
import { formatTimestamp } from '../../src/parcel/timestamp.ts';
import { looseRanges, soundFiles } from './arbitraries.ts';

const hex = (digits: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const time = fc
  .nat(Date.parse('9999-12-31T23:59:59Z') / 1000)
  .map((seconds) => formatTimestamp(seconds * 1000));
const role = fc.constantFrom(...roles);
const identity = fc.nat(200).map((seed) => publicKeyOf(fixedKey(seed)));
const incarnation = fc.record({ origin: fc.uuid(), incarnation: hex(16) });

/** Sets in their one form: small ones that overlap often, and now and then huge ones. */
export const soundSet: fc.Arbitrary<SequenceRange[]> = fc
  .oneof(
    { weight: 5, arbitrary: looseRanges(60) },
    { weight: 1, arbitrary: looseRanges(Number.MAX_SAFE_INTEGER) },
  )
  .map(normaliseRanges);

function sorted<Item extends Incarnation>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> {
  return fc
    .uniqueArray(item, { maxLength: 4, selector: (one) => `${one.origin}/${one.incarnation}` })
    .map((list) => list.toSorted(compareIncarnations));
}

export const soundEnrolment: fc.Arbitrary<Enrolment> = fc.record({
  node: fc.uuid(),
  role,
  serial: number,
  identity,
  created: time,
});

const sshKeyHeader = Buffer.from('0000000b7373682d6564323535313900000020', 'hex');

const sshKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((key) => Buffer.concat([sshKeyHeader, key]).toString('base64'));

export const soundRequest: fc.Arbitrary<EnrolmentRequest> = fc.record({
  node: fc.uuid(),
  role,
  identity,
  ssh: sshKey,
  host: sshKey,
  created: time,
});

export const soundRoster: fc.Arbitrary<Roster> = fc.record({
  number,
  created: time,
  revoked: soundSet,
  closed: sorted(incarnation),
});

export const soundLog: fc.Arbitrary<LogManifest> = number.chain((sequence) =>
  fc.record(
    {
      origin: fc.uuid(),
      incarnation: hex(16),
      sequence: fc.constant(sequence),
      class: fc.constantFrom(...logClasses),
      created: time,
      previous: hex(128),
      full: fc.boolean(),
      voids: looseRanges(sequence).map(normaliseRanges),
      files: fc.oneof(fc.constant([]), soundFiles.map(listed)),
    },
    { requiredKeys: ['origin', 'incarnation', 'sequence', 'class', 'created', 'full', 'voids', 'files'] },
  ),
);

const acked = fc
  .record({ origin: fc.uuid(), incarnation: hex(16), held: soundSet, lost: soundSet, digest: hex(64) })
  .map(({ lost, ...rest }) => ({ ...rest, voids: subtract(lost, rest.held) }));

const ackName = fc.record({ proxy: fc.uuid(), epoch: hex(16), number, shard: fc.nat(65_535) });

export const soundAck: fc.Arbitrary<Acknowledgement> = fc
  .tuple(ackName, time, sorted(acked))
  .map(([name, created, origins]) => ({ ...name, created, origins }));

export const soundPing: fc.Arbitrary<Ping> = fc.record({
  node: fc.uuid(),
  incarnation: hex(16),
  counter: count,
  port: fc.integer({ min: 1, max: 65_535 }),
  holdings: hex(16),
  roster: count,
});

const summaryHead = fc.record({
  node: fc.uuid(),
  role,
  free: count,
});

const meetings = fc
  .record({ hours: number, met: count, home: fc.nat(1_000_000) })
  .map((told) => ({ ...told, home: Math.min(told.home, told.met) }));

const summaryRest = fc.record({
  roster: count,
  acks: fc
    .uniqueArray(ackName, { maxLength: 3, selector: ({ proxy, shard }) => `${proxy}.${shard}` })
    .map((acks) => acks.toSorted(byProxyAndShard)),
  updates: fc.uniqueArray(hex(128), { maxLength: 4 }).map((updates) => updates.toSorted()),
  logs: sorted(
    fc.record({ origin: fc.uuid(), incarnation: hex(16), short: soundSet, long: soundSet, bytes: count }),
  ),
});

export const soundSummary: fc.Arbitrary<Summary> = fc
  .tuple(summaryHead, fc.option(meetings, { nil: undefined }), summaryRest)
  .map(([head, told, rest]) => ({ ...head, ...(told ? { meetings: told } : {}), ...rest }));

export const soundContact: fc.Arbitrary<Contact> = fc.record({
  at: time,
  peer: fc.uuid(),
  role,
  seconds: count,
  bytesIn: count,
  bytesOut: count,
  parcelsIn: count,
  reason: fc.constantFrom(
    '',
    'nothing more to take',
    'the connection broke: "timeout"',
    '30 s were over — enough',
  ),
});
