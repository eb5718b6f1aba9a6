/** Section `ledger`: commands that read it, with 100 and with 100,000 updates in it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../src/ledger/open.ts';
import { layoutUnder } from '../src/node/layout.ts';
import { measureInTurns, type Peer } from './measure.ts';
import { ferryman, makeNode, makeOffice, node } from './programs.ts';
import { comparison } from './table.ts';

const sizes = [100, 100_000];
/** Each prints as many lines from either ledger. */
const commands = [
  ['status'],
  ['history', '--limit', '100'],
  ['history', '--limit', '100', '--json'],
  ['show', '50'],
  ['applied', '50'],
  ['plan'],
];

export function benchLedger(scratch: string, rounds: number): string {
  const { publicKey } = makeOffice(scratch);
  const roots = sizes.map((updates) => {
    const root = join(scratch, `root-${updates}`);
    mkdirSync(root);
    makeNode(root, publicKey);
    fill(root, updates);
    return { updates, root };
  });
  return commands
    .map((command) => {
      const peers = roots.map(({ updates, root }): Peer => ({
        name: `${command.join(' ')}: ${updates} updates`,
        command: () => [node, ferryman, ...command, '--root', root],
      }));
      return comparison(measureInTurns(peers, rounds * 2, scratch), peers[0]?.name ?? '', scratch);
    })
    .join('\n');
}

/** Finished updates, every tenth of which supersedes the one before; each with its run and its delivered short log. */
function fill(root: string, updates: number): void {
  const ledger = openLedger(layoutUnder(root).ledgerFile);
  const at = '2026-11-01T00:00:00Z';
  const script = { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 } as const;
  ledger.transaction(() => {
    for (let sequence = 1; sequence <= updates; sequence++) {
      const digest = sequence.toString(16).padStart(128, '0');
      const supersedes = sequence % 10 === 0 ? [{ first: sequence - 1, last: sequence - 1 }] : [];
      const terms = {
        sequence,
        title: `update number ${sequence}`,
        recipients: ['all'],
        created: at,
        script,
        requires: [],
        supersedes,
      };
      ledger.updates.add({ digest, channel: 'backhaul', signers: ['0123456789ABCDEF'], terms, at });
      const run = ledger.runs.begin(digest, { run: 1, attempt: 1, nonce: 'nonce', at });
      ledger.runs.end(run, { outcome: 'succeeded', exitStatus: 0, signal: null, at });
      ledger.runs.setLogsKept(run);
      const result = {
        state: 'succeeded',
        reason: '',
        attempts: 1,
        deferrals: 0,
        exitStatus: 0,
        signal: null,
        at,
      } as const;
      ledger.updates.setResult(digest, result);
      ledger.outbox.add('file', { digest, sequence, state: 'succeeded', text: 'ok', createdAt: at });
      for (const message of ledger.outbox.waiting('file', 1)) ledger.outbox.setDelivered(message, at);
    }
  });
  ledger.close();
}
