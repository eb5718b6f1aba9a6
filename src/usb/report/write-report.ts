/** Puts a report onto a key, under `ferryman/reports/<node>/`, where the technician and the office find it. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { statusJson } from '../../status/status-json.ts';
import type { Status } from '../../status/facts.ts';
import { parseSecretKey, signDigest } from '../../parcel/secret-key.ts';
import { formatBlock } from '../../parcel/signature-block.ts';
import { formatReceipts, receiptsDigest, receiptsName, type UsbReceipts } from '../../parcel/usb-receipts.ts';
import type { Layout } from '../../node/layout.ts';
import type { KeyVolume } from '../read/volume.ts';
import type { KeyReport } from './key-report.ts';
import { reportHtml } from './report-html.ts';
import { reportText } from './report-text.ts';

/** What only a key with a pass for this node gets besides. */
export interface Confidential {
  readonly status: Status;
  readonly receipts: UsbReceipts;
  /** Paths of long logs, newest first. */
  readonly logs: readonly string[];
}

/** Bytes of long logs on one key; keys are slow, and somebody waits. */
const maxLogBytes = 16 * 1024 * 1024;

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
  let bytes = 0;
  for (const path of confidential.logs) {
    const log = readFileSync(path);
    bytes += log.length;
    if (bytes > maxLogBytes) break;
    await write(`logs/${basename(path)}`, log);
  }
}

/** A detached signature of this node, as stock minisign makes and checks them. */
async function signatureOf(layout: Layout, bytes: Buffer): Promise<string> {
  const key = await parseSecretKey(readFileSync(layout.identityKey, 'utf8'), () => '');
  return formatBlock(signDigest(receiptsDigest(bytes), key, 'report of a ferryman node'));
}
