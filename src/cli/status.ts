import { flag, type Input } from '../command-line/command.ts';
import { lineWidth } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter } from '../command-line/paint.ts';
import { configAtWork } from '../node/config.ts';
import { statusJson } from '../status/status-json.ts';
import { json, layoutOf } from './options.ts';
import { readStatus } from '../status/facts.ts';
import { statusScreen } from '../status/screen.ts';
import { findTrustProblem } from '../status/trust-problem.ts';
import { withLedger } from './with-ledger.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const { config, problem } = configAtWork(layout);
  const { seen, provenMark } = withLedger(layout, (ledger) => ({
    seen: readStatus(ledger, layout, config, Date.now()),
    provenMark: ledger.fact('trust'),
  }));
  const trustProblem = await findTrustProblem(layout, config.trust.threshold, provenMark);
  const status = { ...seen, trustProblem, configProblem: problem && problem.message };
  if (flag(input, 'json')) json(io, statusJson(status));
  else io.out(statusScreen(status, { columns: lineWidth(io), paint: painter(io) }));
  return 0;
}
