/** A bundle that is accepted holds the files that it must, and an enrolment of the node that it is for. */
import { bufferSource } from '../../../src/parcel/buffer-source.ts';
import { bundleFiles, openBundle, type EnrolmentBundle } from '../../../src/parcel/enrolment-bundle.ts';
import { parseEnrolmentLine } from '../../../src/parcel/enrolment.ts';
import { findFraming, tailBytes } from '../../../src/parcel/framing.ts';
import { packBundle } from '../../../src/parcel/pack.ts';
import { officeKey } from '../../../fixtures/kit/keys.ts';
import { enrolledNode, signedLog } from '../../kit/enrolled.ts';
import { signZip } from '../../kit/office.ts';
import { archiveCodes, holds, refusalIn, type Target } from '../target.ts';

const node = enrolledNode(1, 'kiosk');
const terms = { node: node.guid, role: 'kiosk' as const, serial: 1, created: '2026-11-01T00:00:00Z' };
const files = {
  'enrolment.txt': Buffer.from(`${node.enrolment}\n`),
  'user-cert.pub': Buffer.from('ssh-ed25519-cert-v01@openssh.com AAAA\n'),
  'host-cert.pub': Buffer.from('ssh-ed25519-cert-v01@openssh.com BBBB\n'),
  'ca.pub': Buffer.from('ssh-ed25519 CCCC\n'),
};

export const enrolmentBundle: Target = {
  name: 'enrolment-bundle',
  maxBytes: 8 * 1024,
  blocksPerByte: 40,
  words: ['"enrolment"', 'enrolment.txt', 'user-cert.pub', 'ferryman-enrolment '],
  seeds: () => [signZip(packBundle(terms, files), officeKey), signedLog(node)],
  run: async (input) => {
    let read;
    try {
      read = await readWhole(input);
    } catch (error) {
      return refusalIn(error, [...archiveCodes, 'enrolment.malformed', 'enrolment.other-node']);
    }
    const { manifest, enrolment } = read;
    holds(parseEnrolmentLine(enrolment).enrolment.node === manifest.node, 'it is of the node that it is for');
    holds(
      bundleFiles.every((name) => read.files.has(name)),
      'it holds the files that it must',
    );
    return 'accepted';
  },
};

function readWhole(input: Buffer): Promise<EnrolmentBundle> {
  return openBundle(bufferSource(input), findFraming(input.subarray(-tailBytes), input.length).eocdOffset);
}
