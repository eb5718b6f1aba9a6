/**
 * `npm run bench [-- SECTION… --rounds N --idle-seconds N --proxy-archives N --fleet-nodes N --fleet-parcels N --log-bytes N --write]`: measures ferryman beside what Debian has, prints tables, and
 * with `--write` puts them into docs/benchmarks.md. Everything is made in a temporary folder that is removed at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provenance, putSection } from './document.ts';
import { benchExchange } from './exchange.ts';
import { benchFleet } from './fleet.ts';
import { benchFleetQuestions } from './fleet-questions.ts';
import { benchIdle } from './idle.ts';
import { benchLedger } from './ledger.ts';
import { benchProxy } from './proxy.ts';
import { benchLogs } from './logs.ts';
import { benchRelayVerify } from './relay-verify.ts';
import { benchSimulate } from './simulate.ts';
import { benchStartUp } from './start-up.ts';
import { benchUnpack } from './unpack.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    'proxy-archives': { type: 'string', default: '100000' },
    'held-archives': { type: 'string', default: '100000' },
    'update-bytes': { type: 'string', default: '1000000000' },
    'idle-seconds': { type: 'string', default: '60' },
    'fleet-nodes': { type: 'string', default: '5000' },
    'fleet-parcels': { type: 'string', default: '2000' },
    'log-bytes': { type: 'string', default: '1000000000' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const document = join(import.meta.dirname, '../docs/benchmarks.md');

const sections: Readonly<Record<string, (scratch: string) => string | Promise<string>>> = {
  'start-up': (scratch) => benchStartUp(scratch, rounds),
  unpack: (scratch) => benchUnpack(scratch, rounds),
  ledger: (scratch) => benchLedger(scratch, rounds),
  exchange: () =>
    benchExchange(rounds, {
      held: Number(values['held-archives']),
      updateBytes: Number(values['update-bytes']),
    }),
  fleet: (scratch) => benchFleet(scratch, Number(values['fleet-nodes']), Number(values['fleet-parcels'])),
  'fleet-questions': (scratch) =>
    benchFleetQuestions(scratch, Number(values['fleet-nodes']), Number(values['log-bytes'])),
  proxy: (scratch) => benchProxy(scratch, Number(values['proxy-archives'])),
  logs: (scratch) => benchLogs(scratch, rounds),
  'relay-verify': () => benchRelayVerify(rounds),
  simulate: (scratch) => benchSimulate(scratch, rounds),
  idle: (scratch) => benchIdle(scratch, Number(values['idle-seconds'])),
};

void main();

async function main(): Promise<void> {
  for (const name of positionals.length > 0 ? positionals : Object.keys(sections)) {
    const bench = sections[name];
    if (!bench) throw new Error(`expected one of ${Object.keys(sections).join(', ')}, found ${name}`);
    const scratch = mkdtempSync(join(tmpdir(), 'ferryman-bench-'));
    const remove = (): void => rmSync(scratch, { recursive: true, force: true });
    const stop = (): void => {
      remove();
      process.exit(130);
    };
    process.once('SIGINT', stop);
    try {
      const hasExtraCertificates = process.env['NODE_EXTRA_CA_CERTS'] !== undefined;
      const text = `${provenance(rounds, hasExtraCertificates)}\n\n${await bench(scratch)}`;
      process.stdout.write(`\n## ${name}\n\n${text}\n`);
      if (values.write) putSection(document, name, text);
    } finally {
      process.off('SIGINT', stop);
      remove();
    }
  }
}
