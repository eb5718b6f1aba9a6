/** How far what an archive carries has gone, apart from the log files: one value in the ledger. */
import type { Ledger } from '../ledger/ledger.ts';
import { firstRatio } from './budget.ts';

export interface Position {
  /** Number of the last transition of an update that was told. */
  readonly transition: number;
  /** Number of the last contact that was told. */
  readonly contact: number;
  /** Of the last entry of the journal. */
  readonly cursor: string | null;
  /** By how much the logs have compressed. */
  readonly ratio: number;
}

const beginning: Position = { transition: 0, contact: 0, cursor: null, ratio: firstRatio };

export function readPosition(ledger: Ledger): Position {
  const text = ledger.fact('log-position');
  return text === undefined ? beginning : { ...beginning, ...(JSON.parse(text) as Position) };
}

export function writePosition(ledger: Ledger, position: Position): void {
  ledger.setFact('log-position', JSON.stringify(position));
}
