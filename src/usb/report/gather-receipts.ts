/** What a node signs of what became of a key's updates: for programs, as gather-report.ts is for people. Spec: docs/format.md §11. */
import type { Ledger } from '../../ledger/ledger.ts';
import type { VisitFileRow, VisitRow } from '../../ledger/rows.ts';
import { maxReceipts } from '../../parcel/limits.ts';
import { receiptText, type UpdateReceipt, type UsbReceipts } from '../../parcel/usb-receipts.ts';

/**
 * @param visit the newest of this key @param files of all its visits that are told of
 * @param created by the node's clock
 */
export function gatherReceipts(
  ledger: Ledger,
  node: string,
  { visit, files }: { readonly visit: VisitRow; readonly files: readonly VisitFileRow[] },
  created: string,
): UsbReceipts {
  const { id, volume, serial, technician, passDigest, startedAt } = visit;
  return {
    node,
    created,
    visit: {
      number: id,
      volume: volume ?? '',
      ...(serial === null ? {} : { serial: receiptText(serial) }),
      ...(technician === null ? {} : { technician }),
      ...(passDigest === null ? {} : { passDigest }),
      startedAt,
    },
    updates: files
      .flatMap(({ digest }) => (digest === null ? [] : receiptOf(ledger, digest)))
      .slice(0, maxReceipts),
    files: files
      .flatMap(({ name, code, reason }) =>
        code === null ? [] : [{ name: receiptText(name), code, reason: receiptText(reason) }],
      )
      .slice(0, maxReceipts),
  };
}

function receiptOf(ledger: Ledger, digest: string): UpdateReceipt[] {
  const row = ledger.updates.find(digest);
  if (!row) return [];
  const { sequence, title, state, exitStatus, reason, finishedAt } = row;
  return [
    {
      digest,
      sequence,
      title,
      state,
      ...(exitStatus === null ? {} : { exitStatus }),
      reason: receiptText(reason),
      ...(finishedAt === null ? {} : { finishedAt }),
    },
  ];
}
