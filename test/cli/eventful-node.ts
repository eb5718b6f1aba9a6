/**
 * A node to which everything has happened, as its ledger tells it: every state, deferrals, a rerun, two contents under one
 * number, short logs that wait. Written by hand, so that all times in it are known and screens can be compared whole.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readBootId, readUptimeSeconds } from '../../src/host/process-identity.ts';
import { FerrymanError } from '../../src/errors.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeLedger } from '../../src/ledger/open.ts';
import type { RunOutcome } from '../../src/run/outcome.ts';
import { layoutUnder, stateFolders, type Layout } from '../../src/node/layout.ts';
import type { ChannelName } from '../../src/channels/channel-name.ts';
import type { UpdateState, UpdateTerms } from '../../src/plan/facts.ts';
import { fixedKey, writePublicKey } from '../kit/office.ts';

export const officeKey = fixedKey(11);
const created = '2020-03-01T00:00:00Z';

/** A minute of the day on which all of it happened. */
export function minute(count: number): string {
  return new Date(Date.parse('2020-03-10T08:00:00Z') + count * 60_000).toISOString().replace('.000', '');
}

export class EventfulNode {
  readonly layout: Layout;
  readonly ledger: Ledger;
  #minute = 0;

  constructor(root: string) {
    this.layout = layoutUnder(root);
    for (const [path] of stateFolders(this.layout)) mkdirSync(path, { recursive: true });
    writePublicKey(this.layout.keys, officeKey);
    mkdirSync(dirname(this.layout.configFile), { recursive: true });
    writeFileSync(
      this.layout.configFile,
      '[node]\nguid = "9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11"\nrole = "kiosk"\ngroups = ["north", "boats"]\n[trust]\nthreshold = 1\n',
    );
    this.ledger = makeLedger(this.layout.ledgerFile);
    this.ledger.setFact('time-floor', created);
  }

  /** Records the arrival of an update; a minute later than whatever came before. @returns its digest */
  add(
    sequence: number | null,
    title: string,
    more: Partial<UpdateTerms> & { channel?: ChannelName } = {},
  ): string {
    const { channel = 'backhaul', ...rest } = more;
    const digest = (title.length * 7919 + (sequence ?? 0)).toString(16).padStart(4, '0').repeat(32);
    const terms: UpdateTerms = {
      sequence: sequence ?? 0,
      title,
      recipients: ['all'],
      created,
      script: { path: 'run.sh', timeoutSeconds: 1800, onInterrupt: 'report', maxAttempts: 1 },
      requires: [],
      supersedes: [],
      ...rest,
    };
    this.ledger.updates.add({
      digest,
      channel,
      signers: [officeKey.keyId],
      terms: sequence === null ? undefined : terms,
      at: this.#now(),
    });
    return digest;
  }

  /** It comes to rest without a run. */
  rest(digest: string, state: UpdateState, reason: string): void {
    this.ledger.updates.setState(digest, state, reason, this.#now());
  }

  /** One run of it, from start to end, with its short log. */
  run(
    digest: string,
    outcome: RunOutcome,
    reason: string,
    { exitStatus = null as number | null, signal = null as string | null } = {},
  ): void {
    const { ledger } = this;
    const row = ledger.updates.find(digest);
    if (!row) throw new Error('add it first');
    const attempt = row.attempts + 1;
    this.start(digest, attempt);
    const open = ledger.runs.open();
    if (!open) throw new Error('a run is open now');
    const at = this.#now();
    ledger.runs.end(open, { outcome, exitStatus, signal, at });
    const isDeferred = outcome === 'deferred';
    const deferrals = row.deferrals + (isDeferred ? 1 : 0);
    const attempts = isDeferred ? row.attempts : attempt;
    const state = outcome === 'not-started' ? 'verified' : outcome;
    ledger.updates.setResult(digest, { state, reason, attempts, deferrals, exitStatus, signal, at });
    if (isDeferred) ledger.updates.setRetry(digest, readBootId(), readUptimeSeconds() + 100_000);
    ledger.outbox.add('file', {
      digest,
      sequence: row.sequence,
      state,
      text: `${reason} (${row.title})`,
      createdAt: at,
    });
    for (const message of ledger.outbox.waiting('file', 100)) ledger.outbox.setDelivered(message, at);
    this.#keepLogs(digest, open.run, row.sequence);
    ledger.runs.setLogsKept(open);
  }

  /** It begins to run and does not end. */
  start(digest: string, attempt = 1): void {
    const { runs, updates } = this.ledger;
    const at = this.#now();
    runs.begin(digest, { run: runs.next(digest), attempt, nonce: 'nonce', at });
    updates.setAttempt(digest, attempt, at);
    updates.setState(digest, 'starting', `attempt ${attempt}`, at);
    updates.setState(digest, 'running', `attempt ${attempt}`, at);
  }

  rerun(digest: string, reason: string): void {
    this.ledger.updates.queueAgain(digest, `to be run again: ${reason}`, this.#now());
  }

  refuse(name: string, reason: string): void {
    const file = { fileHash: name.padEnd(128, '0'), channel: 'usb', name } as const;
    this.ledger.refusals.add(file, new FerrymanError('verify.unknown-key', reason), this.#now());
  }

  #now(): string {
    return minute(this.#minute++);
  }

  #keepLogs(digest: string, run: number, sequence: number | null): void {
    const stem = join(this.layout.log, `${sequence ?? 'unknown'}-${digest.slice(0, 16)}-${run}`);
    writeFileSync(`${stem}.output.log`, 'x'.repeat(1234));
  }
}

/** All states, in 15 updates. */
export function everythingHappened(root: string): EventfulNode {
  const node = new EventfulNode(root);
  node.run(node.add(3, 'Fix the clock'), 'succeeded', 'exit 0 after 1.2 s', { exitStatus: 0 });
  const printer = node.add(4, 'Install the new printer driver of the district office and test it');
  node.run(printer, 'failed', 'exit 4 after 12.0 s', { exitStatus: 4 });
  node.rerun(printer, 'the printer was switched off');
  node.run(printer, 'failed', 'exit 4 after 11.5 s', { exitStatus: 4 });
  node.rest(node.add(5, 'Old maps'), 'superseded', 'superseded by 12');
  node.rest(
    node.add(6, 'Printer queue', { requires: [{ first: 3, last: 4 }] }),
    'waiting',
    'requires 4, which has failed',
  );
  node.rest(
    node.add(7, 'Office only', { recipients: ['role:office'] }),
    'not-for-me',
    'meant for role:office',
  );
  const later = node.add(8, 'Weather data', { channel: 'flood', recipients: ['role:kiosk', 'group:north'] });
  node.run(later, 'deferred', 'the script asked to be tried later (exit 75)', { exitStatus: 75 });
  node.run(later, 'deferred', 'the script asked to be tried later (exit 75)', { exitStatus: 75 });
  node.run(node.add(9, 'Slow sync'), 'timed-out', 'stopped after 1800.0 s: it was given 1800 s', {
    signal: 'SIGTERM',
  });
  node.rest(
    node.add(10, 'Festival notice', { expires: '2020-03-02T00:00:00Z' }),
    'expired',
    'expired at 2020-03-02T00:00:00Z',
  );
  const unseen = { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 } as const;
  node.run(
    node.add(11, '更新時計の設定ファイルを新しい時刻サーバーに向ける作業', { script: unseen }),
    'interrupted',
    'its end was not seen: power cut, or the runner was killed',
  );
  node.run(
    node.add(12, 'New maps', { supersedes: [{ first: 5, last: 5 }] }),
    'succeeded',
    'exit 0 after 3.4 s',
    { exitStatus: 0 },
  );
  node.rest(
    node.add(12, 'Other maps', { channel: 'usb' }),
    'refused',
    'sequence 12 names a second content too: equivocation',
  );
  node.rest(
    node.add(null, '', { channel: 'usb' }),
    'refused',
    'manifest.json: expected JSON, found something else',
  );
  node.refuse('stranger.zip', 'expected a signature by a trusted key, found only unknown keys');
  return node;
}
