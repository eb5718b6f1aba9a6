/** What became of each update, keyed by digest. Every change of state is kept as a transition too. */
import type { ChannelName } from '../channels/channel-name.ts';
import type { SequenceRange } from '../parcel/sequences.ts';
import type { KnownUpdate, UpdateState, UpdateTerms } from '../plan/facts.ts';
import type { TransitionRow, UpdateRow } from './rows.ts';
import type { Table } from './table.ts';

export interface NewUpdate {
  readonly digest: string;
  readonly channel: ChannelName;
  readonly signers: readonly string[];
  /** `undefined` when the manifest could not be read. */
  readonly terms: UpdateTerms | undefined;
  readonly at: string;
}

/** What a run made of its update. */
export interface UpdateResult {
  readonly state: UpdateState;
  readonly reason: string;
  readonly attempts: number;
  readonly deferrals: number;
  readonly exitStatus: number | null;
  readonly signal: string | null;
  readonly at: string;
}

export interface ChangedUpdate {
  readonly digest: string;
  /** Number of its newest transition. */
  readonly transition: number;
}

export class Updates {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Records a verified update once; call {@link setState} in the same transaction. */
  add({ digest, channel, signers, terms, at }: NewUpdate): void {
    this.#table.write(
      `INSERT INTO updates (digest, sequence, title, terms, signers, channel, state, reason, received_at) VALUES (?, ?, ?, ?, ?, ?, 'verified', '', ?)`,
      digest,
      terms?.sequence ?? null,
      terms?.title ?? '',
      terms ? writeTerms(terms) : null,
      JSON.stringify(signers),
      channel,
      at,
    );
    for (const { first, last } of terms?.supersedes ?? []) {
      this.#table.write('INSERT INTO supersedes (digest, first, last) VALUES (?, ?, ?)', digest, first, last);
    }
    this.note(digest, 'received', `by ${channel}`, at);
    this.note(digest, 'verified', `signed by ${signers.join(', ')}`, at);
  }

  setSigners(digest: string, signers: readonly string[]): void {
    this.#table.write('UPDATE updates SET signers = ? WHERE digest = ?', JSON.stringify(signers), digest);
  }

  setAttempt(digest: string, attempt: number, at: string): void {
    this.#table.write(
      'UPDATE updates SET attempts = ?, exit_status = NULL, signal = NULL, started_at = ?, finished_at = NULL WHERE digest = ?',
      attempt,
      at,
      digest,
    );
  }

  /** Records how a run has ended for its update. */
  setResult(
    digest: string,
    { state, reason, attempts, deferrals, exitStatus, signal, at }: UpdateResult,
  ): void {
    this.setState(digest, state, reason, at);
    const finishedAt = state === 'verified' || state === 'deferred' ? null : at;
    this.#table.write(
      'UPDATE updates SET attempts = ?, deferrals = ?, exit_status = ?, signal = ?, finished_at = ? WHERE digest = ?',
      attempts,
      deferrals,
      exitStatus,
      signal,
      finishedAt,
      digest,
    );
  }

  /** When an update that is deferred, or waits because it could not be started, may be tried again: at this uptime of this boot. */
  setRetry(digest: string, bootId: string, uptimeSeconds: number): void {
    this.#table.write(
      'UPDATE updates SET retry_boot_id = ?, retry_uptime_seconds = ? WHERE digest = ?',
      bootId,
      uptimeSeconds,
      digest,
    );
  }

  /** Updates that wait because they could not be started may be tried at once; deferred ones go on waiting. */
  endPauses(): void {
    this.#table.write(
      `UPDATE updates SET retry_boot_id = NULL WHERE state = 'waiting' AND retry_boot_id IS NOT NULL`,
    );
  }

  /** Puts a finished update back into the queue; its attempts go on counting. */
  queueAgain(digest: string, reason: string, at: string): void {
    this.setState(digest, 'verified', reason, at);
    this.#table.write('UPDATE updates SET deferrals = 0, retry_boot_id = NULL WHERE digest = ?', digest);
  }

  /** Changes state and reason; a transition is kept when the state changes. */
  setState(digest: string, state: UpdateState, reason: string, at: string): void {
    const before = this.#table.row('SELECT state, reason FROM updates WHERE digest = ?', digest);
    if (before?.['state'] === state && before['reason'] === reason) return;
    this.#table.write('UPDATE updates SET state = ?, reason = ? WHERE digest = ?', state, reason, digest);
    if (before?.['state'] !== state) this.note(digest, state, reason, at);
  }

  note(digest: string, state: UpdateState, reason: string, at: string): void {
    this.#table.write(
      'INSERT INTO transitions (digest, state, reason, at) VALUES (?, ?, ?, ?)',
      digest,
      state,
      reason,
      at,
    );
  }

  /** Digests that begin so, at most 20. */
  digestsBeginning(prefix: string): string[] {
    return this.#table
      .rows('SELECT digest FROM updates WHERE digest >= ? AND digest < ? LIMIT 20', prefix, `${prefix}g`)
      .map((row) => row['digest'] as string);
  }

  find(digest: string): UpdateRow | undefined {
    const raw = this.#table.row('SELECT * FROM updates WHERE digest = ?', digest);
    return raw && readUpdate(raw);
  }

  /** @param digits the first ones of a digest, at least 16 */
  findByPrefix(digits: string): UpdateRow | undefined {
    const raw = this.#table.row(
      'SELECT * FROM updates WHERE digest BETWEEN ? AND ? ORDER BY id LIMIT 1',
      digits,
      `${digits}g`,
    );
    return raw && readUpdate(raw);
  }

  has(digest: string): boolean {
    return this.#table.row('SELECT 1 FROM updates WHERE digest = ?', digest) !== undefined;
  }

  bySequence(sequence: number): UpdateRow[] {
    return this.#table.rows('SELECT * FROM updates WHERE sequence = ? ORDER BY id', sequence).map(readUpdate);
  }

  /** All updates, the newest arrival first. */
  newestFirst(limit: number): UpdateRow[] {
    return this.#table.rows('SELECT * FROM updates ORDER BY id DESC LIMIT ?', limit).map(readUpdate);
  }

  /** What may still run: to be planned again in every cycle. Smallest sequence first. */
  unfinished(): UpdateRow[] {
    return this.#table
      .rows(
        `SELECT * FROM updates WHERE state IN ('verified', 'waiting', 'deferred', 'interrupted') ORDER BY sequence, id`,
      )
      .map(readUpdate)
      .filter((row) => this.isUnfinished(row));
  }

  /** What rests only until circumstances change: what other nodes are addressed by, and what newer updates supersede. */
  resting(): UpdateRow[] {
    return this.#table
      .rows(`SELECT * FROM updates WHERE state IN ('not-for-me', 'superseded') ORDER BY sequence, id`)
      .map(readUpdate);
  }

  /** What one update supersedes here: to be decided again when that update turns out expired or refused. */
  supersededBy({ terms }: UpdateRow): UpdateRow[] {
    return (terms?.supersedes ?? []).flatMap(({ first, last }) =>
      this.#table
        .rows(`SELECT * FROM updates WHERE state = 'superseded' AND sequence BETWEEN ? AND ?`, first, last)
        .map(readUpdate),
    );
  }

  /** Whether an update may still run by itself. */
  isUnfinished({ state, terms, attempts }: UpdateRow): boolean {
    if (state === 'interrupted')
      return terms?.script.onInterrupt === 'rerun' && attempts < terms.script.maxAttempts;
    return state === 'verified' || state === 'waiting' || state === 'deferred';
  }

  countByState(): ReadonlyMap<UpdateState, number> {
    const rows = this.#table.rows('SELECT state, count FROM state_counts WHERE count > 0 ORDER BY state');
    return new Map(rows.map((row) => [row['state'] as UpdateState, row['count'] as number]));
  }

  transitions(digest: string): TransitionRow[] {
    return this.#table.rows(
      'SELECT state, reason, at FROM transitions WHERE digest = ? ORDER BY id',
      digest,
    ) as unknown as TransitionRow[];
  }

  /** Updates with a transition after one, by its number, in the order of their newest ones. */
  changedSince(transition: number, limit: number): ChangedUpdate[] {
    return this.#table.rows(
      'SELECT digest, max(id) AS transition FROM transitions WHERE id > ? GROUP BY digest ORDER BY 2 LIMIT ?',
      transition,
      limit,
    ) as unknown as ChangedUpdate[];
  }

  rivals(sequence: number, digest: string): KnownUpdate[] {
    return this.#known(
      'SELECT sequence, digest, state FROM updates WHERE sequence = ? AND digest <> ?',
      sequence,
      digest,
    );
  }

  inRanges(ranges: readonly SequenceRange[]): KnownUpdate[] {
    return ranges.flatMap(({ first, last }) =>
      this.#known('SELECT sequence, digest, state FROM updates WHERE sequence BETWEEN ? AND ?', first, last),
    );
  }

  /** The sequence of an update that is verified, addressed here and supersedes this one. */
  supersederOf(sequence: number): number | undefined {
    const row = this.#table.row(
      `SELECT u.sequence FROM supersedes s JOIN updates u USING (digest)
       WHERE s.last >= ? AND s.first <= ? AND u.state NOT IN ('not-for-me', 'refused', 'expired') LIMIT 1`,
      sequence,
      sequence,
    );
    return row?.['sequence'] as number | undefined;
  }

  /** Updates that supersede a sequence, for whomever. */
  supersedersOf(sequence: number): UpdateRow[] {
    return this.#table
      .rows(
        'SELECT DISTINCT u.* FROM supersedes s JOIN updates u USING (digest) WHERE s.last >= ? AND s.first <= ?',
        sequence,
        sequence,
      )
      .map(readUpdate);
  }

  /** The parts of a range that updates which succeeded here supersede. */
  supersededBySuccess({ first, last }: SequenceRange): SequenceRange[] {
    return this.#table.rows(
      `SELECT s.first, s.last FROM supersedes s JOIN updates u USING (digest) WHERE s.last >= ? AND s.first <= ? AND u.state = 'succeeded'`,
      first,
      last,
    ) as unknown as SequenceRange[];
  }

  #known(sql: string, ...values: (string | number)[]): KnownUpdate[] {
    return this.#table.rows(sql, ...values) as unknown as KnownUpdate[];
  }
}

type StoredTerms = Omit<UpdateTerms, 'requires' | 'supersedes'> & {
  requires: SequenceRange[];
  supersedes: SequenceRange[];
};

function writeTerms({
  sequence,
  title,
  recipients,
  created,
  expires,
  script,
  requires,
  supersedes,
}: UpdateTerms): string {
  return JSON.stringify({ sequence, title, recipients, created, expires, script, requires, supersedes });
}

/** A row as it comes from the table. */
export function readUpdate(raw: Record<string, unknown>): UpdateRow {
  const terms = raw['terms'] as string | null;
  return {
    ...(raw as unknown as UpdateRow),
    terms: terms === null ? null : (JSON.parse(terms) as StoredTerms),
    signers: JSON.parse(raw['signers'] as string) as string[],
  };
}
