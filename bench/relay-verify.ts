/**
 * How many small parcels of other nodes a relay verifies in a second on one core: framing, hash, both signatures, directory and manifest, of
 * archives of logs by a hundred nodes. In this process, from memory: what the disk adds is its own.
 */
import { createHash } from 'node:crypto';
import { signEnrolment } from '../src/parcel/enrolment.ts';
import { bufferSource } from '../src/parcel/buffer-source.ts';
import { hashParcel } from '../src/parcel/framing.ts';
import { openLog } from '../src/parcel/log-archive.ts';
import { packedFile, packLog, type NodeSigner } from '../src/parcel/pack.ts';
import { makeKey, publicKeyOf, type SecretKey } from '../src/parcel/secret-key.ts';
import { parseComment } from '../src/parcel/signature-block.ts';
import { ProvenLines, verifyByNode, type NodeTrust } from '../src/verify/enrolled.ts';
import { median } from './measure.ts';
import { table } from './table.ts';

const nodes = 100;
const parcelsPerNode = 10;
const contentBytes = 4 * 1024;
const created = '2026-11-21T08:00:00Z';

/** @param rounds passes over all parcels, of which the median counts */
export async function benchRelayVerify(rounds: number): Promise<string> {
  const office = keyOf('office');
  const parcels = Array.from({ length: nodes }, (_, node) => parcelsOf(node, office)).flat();
  const trust = { keys: [publicKeyOf(office)], threshold: 1 };
  const warm: NodeTrust = { trust, revoked: [], proven: new ProvenLines() };
  const rows = [
    await row('every enrolment proven anew', parcels, { trust, revoked: [] }, rounds),
    await row('enrolments remembered', parcels, warm, rounds),
  ];
  const bytes = parcels.reduce((sum, parcel) => sum + parcel.length, 0) / parcels.length;
  return `${parcels.length} archives of logs by ${nodes} nodes, ${(bytes / 1024).toFixed(1)} KiB each.\n\n${table(
    ['', 'parcels a second', 'cpu, ms each'],
    rows,
  )}`;
}

async function row(
  name: string,
  parcels: readonly Buffer[],
  nodeTrust: NodeTrust,
  rounds: number,
): Promise<string[]> {
  const cpuSeconds: number[] = [];
  await verifyAll(parcels, nodeTrust); // once unmeasured: code is compiled for both
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    await verifyAll(parcels, nodeTrust);
    const { user, system } = process.cpuUsage(before);
    cpuSeconds.push((user + system) / 1e6);
  }
  const each = median(cpuSeconds) / parcels.length;
  return [name, (1 / each).toFixed(0), (each * 1000).toFixed(2)];
}

async function verifyAll(parcels: readonly Buffer[], nodeTrust: NodeTrust): Promise<void> {
  for (const parcel of parcels) {
    const { digest, framing } = hashParcel(parcel);
    const { signer } = verifyByNode({ digest, blocks: parseComment(framing.comment) }, nodeTrust, 'log');
    await openLog(bufferSource(parcel), framing.eocdOffset, signer);
  }
}

function parcelsOf(index: number, office: SecretKey): Buffer[] {
  const key = keyOf(`node ${index}`);
  const node = `0a1b2c3d-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const identity = publicKeyOf(key);
  const enrolment = signEnrolment({ node, role: 'kiosk', serial: index + 1, identity, created }, office);
  const signer: NodeSigner = { key, enrolment };
  return Array.from({ length: parcelsPerNode }, (_, sequence) => {
    const contents = noise(`${index}.${sequence}`, contentBytes);
    const terms = { origin: node, incarnation: '0123456789abcdef', sequence: sequence + 1, created };
    const logs = packedFile('logs.tar.zst', contents);
    return packLog({ ...terms, class: 'short', full: false, voids: [] }, [logs], signer);
  });
}

function keyOf(seed: string): SecretKey {
  return makeKey((count) => noise(seed, count));
}

function noise(seed: string, bytes: number): Buffer {
  return createHash('shake256', { outputLength: bytes }).update(seed).digest();
}
