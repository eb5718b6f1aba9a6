/** A proxy for tests, in this process: an office, nodes with enrolments, archives that they sign, and a store. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import { openAck, type Acknowledgement } from '../../src/parcel/acknowledgement.ts';
import { bufferSource } from '../../src/parcel/buffer-source.ts';
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import type { LogManifest } from '../../src/parcel/log-archive.ts';
import { packedFile, packLog, type NodeSigner } from '../../src/parcel/pack.ts';
import type { Role } from '../../src/parcel/recipients.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { proxyPlaces, type ProxyPlaces } from '../../src/proxy/places.ts';
import { Proxy, type ProxySetup, type Work } from '../../src/proxy/proxy.ts';
import { unpackArchive } from '../../src/proxy/readable/unpack-archive.ts';
import type { NodeTrust } from '../../src/verify/enrolled.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey, trusted } from '../kit/office.ts';

export const officeKey = fixedKey(900);
export const trust: NodeTrust = { trust: { keys: trusted(officeKey), threshold: 1 }, revoked: [] };
export const proxyGuid = 'aaaaaaaa-0000-4000-8000-000000000001';
export const incarnation = '0123456789abcdef';
const created = '2026-11-01T00:00:00Z';

/** GUID of the nth kiosk. */
export function kioskGuid(nth: number): string {
  return `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`;
}

/** A node that the office has enrolled. */
export function enrolled(node: string, role: Role = 'kiosk', serial = 1): NodeSigner {
  const key = fixedKey(1000 + Number(node.slice(-6)) + (role === 'proxy' ? 500 : 0));
  return {
    key,
    enrolment: signEnrolment({ node, role, serial, identity: publicKeyOf(key), created }, officeKey),
  };
}

/** What a test says of an archive; the rest has defaults. */
export interface ArchiveDraft extends Partial<Omit<LogManifest, 'files'>> {
  /** Lines of `ledger.jsonl`. */
  readonly text?: string;
  readonly files?: Readonly<Record<string, Buffer>>;
  /** Who signs it: its origin. */
  readonly signer?: NodeSigner;
}

/** The bytes of a whole archive. */
export function archive({ text, files, signer, ...terms }: ArchiveDraft = {}): Buffer {
  const origin = terms.origin ?? kioskGuid(1);
  const sequence = terms.sequence ?? 1;
  const contents = files ?? { 'ledger.jsonl': Buffer.from(text ?? `line of ${sequence}\n`) };
  return packLog(
    { origin, incarnation, sequence, class: 'long', created, full: sequence === 1, voids: [], ...terms },
    Object.entries(contents).map(([path, bytes]) => packedFile(path, bytes)),
    signer ?? enrolled(origin),
  );
}

export class ProxyDesk {
  readonly root: string;
  readonly layout: Layout;
  readonly places: ProxyPlaces;
  serial = 1;
  nowMs = Date.parse('2026-11-21T12:00:00Z');
  #files = 0;

  constructor(root = temporaryFolder()) {
    this.root = root;
    this.layout = layoutUnder(root);
    this.places = proxyPlaces(this.layout);
    mkdirSync(join(root, 'given'), { recursive: true });
  }

  open(changes: Partial<ProxySetup> = {}): Promise<Proxy> {
    return Proxy.open({
      layout: this.layout,
      trust: () => trust,
      isClosed: () => false,
      signer: () =>
        Promise.resolve({
          ...enrolled(proxyGuid, 'proxy', this.serial),
          guid: proxyGuid,
          serial: this.serial,
        }),
      unpack: (path, folder) => unpackArchive(path, folder, () => Promise.resolve()),
      nowMs: () => this.nowMs,
      randomHex: (bytes) => String((this.#files += 1)).padStart(bytes * 2, '0'),
      acknowledgeSeconds: 60,
      ...changes,
    });
  }

  /** Writes archives to files. */
  give(...archives: readonly Buffer[]): string[] {
    return archives.map((bytes) => {
      const path = join(this.root, 'given', `${(this.#files += 1)}.zip`);
      writeFileSync(path, bytes);
      return path;
    });
  }

  /** Takes archives in and acknowledges. */
  async take(proxy: Proxy, ...archives: readonly Buffer[]): Promise<Work[]> {
    const work: Work[] = [];
    await proxy.takeIn(this.give(...archives), { how: 'test', links: 'refuse' }, (one) => work.push(one));
    await proxy.acknowledge('now');
    return work;
  }

  async ack(shard = 0): Promise<Acknowledgement> {
    const bytes = readFileSync(join(this.places.acks, `${proxyGuid}.${shard}.zip`));
    return openAck(bufferSource(bytes), hashParcel(bytes).framing.eocdOffset, proxyGuid);
  }

  /** Every file below a folder of the state, with its contents; scratch and temporary ones too. */
  tree(folder: string): Record<string, string> {
    return Object.fromEntries(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .toSorted()
        .filter((path) => statSync(join(folder, path)).isFile())
        .map((path) => [path, readFileSync(join(folder, path), 'latin1')]),
    );
  }
}
