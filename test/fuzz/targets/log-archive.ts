/** An archive of logs that is accepted is in its one spelling, within its limits, and of the node that signed it. */
import { bufferSource } from '../../../src/parcel/buffer-source.ts';
import { findFraming, tailBytes } from '../../../src/parcel/framing.ts';
import { formatLog, openLog, parseLog, type LogManifest } from '../../../src/parcel/log-archive.ts';
import { enrolledNode, guidOf, signedAck, signedLog } from '../../kit/enrolled.ts';
import { archiveCodes, holds, refusalIn, type Target } from '../target.ts';

const node = enrolledNode(1, 'kiosk');
const changes: Partial<LogManifest> = {
  sequence: 12,
  class: 'short',
  full: false,
  previous: 'ab'.repeat(64),
  voids: [
    { first: 3, last: 3 },
    { first: 5, last: 7 },
  ],
};

export const logArchive: Target = {
  name: 'log-archive',
  maxBytes: 8 * 1024,
  blocksPerByte: 40,
  words: ['"log"', '"ack"', '"long"', '"voids"', 'logs.tar.zst', 'true', '__proto__'],
  seeds: () => [
    formatLog(manifestOf({}, [])),
    formatLog(manifestOf(changes, [{ path: 'ledger.jsonl', size: 3, sha256: 'cd'.repeat(32), mode: 0o644 }])),
    signedLog(node),
    signedLog(node, changes, { 'contacts.jsonl': 'a\n', 'ledger.jsonl': 'b\n'.repeat(100) }),
    signedAck(enrolledNode(9, 'proxy')),
  ],
  run: async (input) => {
    const isZip = input[0] === 0x50;
    let read;
    try {
      read = isZip ? await readWhole(input) : parseLog(input);
    } catch (error) {
      return refusalIn(error, [...archiveCodes, 'archive.too-large', 'enrolment.other-node']);
    }
    holds(isZip || formatLog(read).equals(input), 'a manifest has one spelling');
    holds(!isZip || read.origin === guidOf(1), 'it is of the node that signed it');
    holds(
      read.voids.every(({ last }) => last < read.sequence) && read.files.length <= 16,
      'it is within its limits',
    );
    return 'accepted';
  },
};

function manifestOf(draft: Partial<LogManifest>, files: LogManifest['files']): LogManifest {
  return {
    origin: node.guid,
    incarnation: '0123456789abcdef',
    sequence: 1,
    class: 'long',
    created: '2026-11-01T00:00:00Z',
    full: true,
    voids: [],
    ...draft,
    files,
  };
}

async function readWhole(input: Buffer): Promise<LogManifest> {
  const { eocdOffset } = findFraming(input.subarray(-tailBytes), input.length);
  return (await openLog(bufferSource(input), eocdOffset, guidOf(1))).manifest;
}
