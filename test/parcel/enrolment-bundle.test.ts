import { describe, expect, it } from 'vitest';
import { formatBundleManifest, openBundle, parseBundleManifest } from '../../src/parcel/enrolment-bundle.ts';
import { listed, packBundle, packedFile, packManifest } from '../../src/parcel/pack.ts';
import { enrolledNode } from '../kit/enrolled.ts';
import { bufferSource, codeOf, codeOfAsync, hashed } from '../kit/judge.ts';

const node = enrolledNode(1, 'kiosk');
const terms = { node: node.guid, role: 'kiosk' as const, serial: 1, created: '2026-11-01T00:00:00Z' };
const files = {
  'enrolment.txt': Buffer.from(`${node.enrolment}\n`),
  'user-cert.pub': Buffer.from('ssh-ed25519-cert-v01@openssh.com AAAA\n'),
  'host-cert.pub': Buffer.from('ssh-ed25519-cert-v01@openssh.com BBBB\n'),
  'ca.pub': Buffer.from('ssh-ed25519 CCCC\n'),
};

function open(zip: Buffer): ReturnType<typeof openBundle> {
  return openBundle(bufferSource(zip), hashed(zip).framing.eocdOffset);
}

/** A bundle of any files, whether the format takes them or not. */
function packAnything(contents: Readonly<Record<string, Buffer>>): Buffer {
  const packed = Object.entries(contents)
    .map(([path, bytes]) => packedFile(path, bytes))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return packManifest(formatBundleManifest({ ...terms, files: listed(packed) }), packed);
}

describe('an enrolment bundle', () => {
  it('is opened with everything that was packed', async () => {
    const bundle = await open(packBundle(terms, files));
    expect(bundle.manifest).toMatchObject(terms);
    expect(bundle.enrolment).toBe(node.enrolment);
    expect(Object.fromEntries(bundle.files)).toEqual(files);
    expect(parseBundleManifest(formatBundleManifest(bundle.manifest))).toEqual(bundle.manifest);
  });

  it('is refused without any one of its files', async () => {
    for (const missing of Object.keys(files)) {
      const rest = Object.fromEntries(Object.entries(files).filter(([name]) => name !== missing));
      expect([missing, await codeOfAsync(() => open(packAnything(rest)))]).toEqual([
        missing,
        'manifest.malformed',
      ]);
    }
  });

  it('is refused with a file that it may not hold', async () => {
    for (const name of ['peers.json', 'ssh/ca.pub', 'enrolment.txt.old', 'zz'])
      expect(await codeOfAsync(() => open(packAnything({ ...files, [name]: Buffer.from('x') })))).toBe(
        'manifest.malformed',
      );
  });

  it('is refused with a file that can be executed', () => {
    const executable = listed(Object.entries(files).map(([path, bytes]) => packedFile(path, bytes, 0o755)));
    expect(codeOf(() => parseBundleManifest(formatBundleManifest({ ...terms, files: executable })))).toBe(
      'manifest.malformed',
    );
  });

  it('is refused when its enrolment is of another node, role or serial than it says', async () => {
    for (const other of [
      enrolledNode(2, 'kiosk'),
      enrolledNode(1, 'proxy'),
      enrolledNode(1, 'kiosk', { serial: 2 }),
    ])
      expect(
        await codeOfAsync(() =>
          open(packBundle(terms, { ...files, 'enrolment.txt': Buffer.from(`${other.enrolment}\n`) })),
        ),
      ).toBe('enrolment.other-node');
  });

  it('is refused when its enrolment is no line', async () => {
    for (const text of ['', '\n', node.enrolment, `${node.enrolment}\n\n`, `${node.enrolment}\r\n`])
      expect(
        await codeOfAsync(() => open(packBundle(terms, { ...files, 'enrolment.txt': Buffer.from(text) }))),
      ).toBe('enrolment.malformed');
  });

  it('is refused above 256 KiB of files', async () => {
    const large = packBundle(terms, { ...files, 'ca.pub': Buffer.alloc(256 * 1024, ' ') });
    expect(await codeOfAsync(() => open(large))).toBe('zip.too-large');
  });
});
