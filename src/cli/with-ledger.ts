/** Reads the ledger for a command and closes it again. Never blocks a daemon, never migrates. */
import type { Ledger } from '../ledger/ledger.ts';
import { openLedgerForReading } from '../ledger/open.ts';
import type { Layout } from '../node/layout.ts';

export function withLedger<Result>(layout: Layout, read: (ledger: Ledger) => Result): Result {
  const ledger = openLedgerForReading(layout.ledgerFile);
  try {
    return read(ledger);
  } finally {
    ledger.close();
  }
}
