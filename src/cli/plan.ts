import { inWords } from '../command-line/ages.ts';
import { flag, type Input } from '../command-line/command.ts';
import { lineWidth, wrap } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { decideAnew, decideNow, isPlanned, type PlannedUpdate } from '../controller/plan-updates.ts';
import { readBootId, readUptimeSeconds } from '../host/process-identity.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { progressOf } from '../ledger/progress.ts';
import { loadConfig } from '../node/config.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { loadTrust } from '../node/trust-store.ts';
import { stateInWords } from '../plan/facts.ts';
import { readArchive, withVerified } from '../store/verified-file.ts';
import { json, layoutOf } from './options.ts';
import { withLedger } from './with-ledger.ts';

interface Planned {
  readonly sequence: number;
  readonly digest: string;
  readonly title: string;
  /** `run`, or the state in which it would rest. */
  readonly action: string;
  readonly reason: string;
}

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  const [path] = input.args;
  const planned =
    path === undefined
      ? withLedger(layout, (ledger) => planQueue(ledger, config))
      : [await planFile(layout, config, path)];
  if (flag(input, 'json')) json(io, { schema: 'ferryman.plan/1', plan: planned });
  else io.out(planned.map((one) => planText(one, lineWidth(io))).join('') || 'nothing is queued\n');
  return 0;
}

function planText({ sequence, title, action, reason }: Planned, columns: number): string {
  const lines = wrap(`update ${sequence} "${title}": ${action} (${reason})`, columns, '    ');
  return lines.map((line) => `${line}\n`).join('');
}

function planQueue(ledger: Ledger, config: Config): Planned[] {
  return ledger.updates
    .unfinished()
    .filter(isPlanned)
    .map((row) => planRow(ledger, config, row));
}

function planRow(ledger: Ledger, config: Config, row: PlannedUpdate): Planned {
  const host = { bootId: readBootId(), uptimeSeconds: readUptimeSeconds };
  const { state, reason } = decideNow({ ledger, config, host }, row);
  const { retryInSeconds } = progressOf(row, host.bootId, host.uptimeSeconds());
  return {
    sequence: row.terms.sequence,
    digest: row.digest,
    title: row.title,
    action: state === 'ready' ? 'run' : state,
    reason:
      retryInSeconds > 0 && (state === 'deferred' || state === 'waiting')
        ? `${reason}; again in ${inWords(Math.ceil(retryInSeconds))}`
        : reason,
  };
}

async function planFile(layout: Layout, config: Config, path: string): Promise<Planned> {
  const trust = loadTrust(layout, config.trust.threshold);
  const { digest, manifest } = await withVerified(path, 'follow', trust, async (file) => ({
    digest: file.digest,
    manifest: (await readArchive(file)).manifest,
  }));
  const { sequence, title } = manifest;
  return withLedger(layout, (ledger) => {
    const known = ledger.updates.find(digest);
    if (known && isPlanned(known) && ledger.updates.isUnfinished(known))
      return planRow(ledger, config, known);
    if (known) {
      const reason = `it ${stateInWords(known.state)} here already`;
      return { sequence, digest, title, action: 'nothing', reason };
    }
    const { state, reason } = decideAnew({ ledger, config }, manifest, digest);
    return { sequence, digest, title, action: state === 'ready' ? 'run' : state, reason };
  });
}
