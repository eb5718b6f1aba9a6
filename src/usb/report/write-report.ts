/** Puts a report onto a key, under `ferryman/reports/<node>/`, where the technician and the office find it. */
import { readFileSync } from 'node:fs';
import { fileChunks, withFile } from '../../durable/file-source.ts';
import { FerrymanError } from '../../errors.ts';
import { statusJson } from '../../status/status-json.ts';
import type { Status } from '../../status/facts.ts';
import { parseSecretKey, signDigest } from '../../parcel/secret-key.ts';
import { formatBlock } from '../../parcel/signature-block.ts';
import { formatReceipts, receiptsDigest, receiptsName, type UsbReceipts } from '../../parcel/usb-receipts.ts';
import type { Layout } from '../../node/layout.ts';
import type { KeyVolume } from '../read/volume.ts';
import type { Carried } from './carry-home.ts';
import type { KeyReport } from './key-report.ts';
import { reportHtml } from './report-html.ts';
import { reportText } from './report-text.ts';

/** What only a key with a pass for this node gets besides. */
export interface Confidential {
  readonly status: Status;
  readonly receipts: UsbReceipts;
  readonly carried: Carried;
}

/**
 * What a person reads comes first: the key may be pulled at any moment.
 *
 * @throws FerrymanError `usb.*`
 */
export async function writeReport(
  volume: KeyVolume,
  layout: Layout,
  report: KeyReport,
  confidential: Confidential | undefined,
): Promise<void> {
  const folder = `reports/${report.node.guid}`;
  const write = (name: string, bytes: Buffer | string): Promise<void> =>
    volume.write(`${folder}/${name}`, Buffer.from(bytes));
  await write('report.txt', reportText(report));
  await write('report.html', reportHtml(report));
  if (!confidential) return;
  const writeSigned = async (name: string, contents: Buffer): Promise<void> => {
    await write(name, contents);
    await write(`${name}.minisig`, await signatureOf(layout, contents));
  };
  await writeSigned(receiptsName, formatReceipts(confidential.receipts));
  const status = statusJson(confidential.status);
  await writeSigned('status.json', Buffer.from(`${JSON.stringify(status, undefined, 2)}\n`));
  const { request, files } = confidential.carried;
  if (request !== undefined) await write('request.txt', request);
  for (const { path, name } of files) await carry(volume, path, `${folder}/${name}`);
}

/** One that has gone meanwhile, because a proxy holds it or for want of room, is not missed. */
async function carry(volume: KeyVolume, path: string, name: string): Promise<void> {
  try {
    await withFile(path, 'refuse', (fd) => volume.write(name, fileChunks(fd)));
  } catch (error) {
    if (!(error instanceof FerrymanError) || !error.code.startsWith('source.')) throw error;
  }
}

/** A detached signature of this node, as stock minisign makes and checks them. */
async function signatureOf(layout: Layout, bytes: Buffer): Promise<string> {
  const key = await parseSecretKey(readFileSync(layout.identityKey, 'utf8'), () => '');
  return formatBlock(signDigest(receiptsDigest(bytes), key, 'report of a ferryman node'));
}
