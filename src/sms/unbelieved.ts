/** Texts that nobody could prove: kept for a person to look at, the newest 200, and counted. They change nothing. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, writeDurably } from '../durable/write-file.ts';
import { isSystemError } from '../errors.ts';
import { printable } from '../parcel/printable.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import type { ReceivedSms } from './gammu-inbox.ts';

const defaultMaxKept = 200;
/** Of a text, as a person sees it. */
const maxShown = 2000;

/** Why a text was not believed. */
export type Unbelieved = 'no text of a node' | 'no such node' | 'a wrong check' | 'an old counter';

export class UnbelievedTexts {
  readonly #folder: string;
  readonly #maxKept: number;

  constructor(folder: string, maxKept = defaultMaxKept) {
    this.#folder = folder;
    this.#maxKept = maxKept;
  }

  /** The same text again replaces itself, and counts once more: a crash may have come in between. */
  keep({ files, from, text, atMs }: ReceivedSms, why: Unbelieved): void {
    makeFolder(this.#folder, 0o700);
    const name = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 16);
    const lines = [
      `from: ${printable(from).slice(0, 100)}`,
      `at: ${formatTimestamp(atMs)}`,
      `not believed: ${why}`,
      '',
      printable(text).slice(0, maxShown),
      '',
    ];
    writeDurably(join(this.#folder, `${name}.txt`), lines.join('\n'), { mode: 0o600, existing: 'replace' });
    this.#count(why);
    this.#forgetOldest();
  }

  /** How many there were since ever, by why they were not believed. */
  counts(): Readonly<Partial<Record<Unbelieved, number>>> {
    try {
      return JSON.parse(readFileSync(this.#countsFile, 'utf8')) as Partial<Record<Unbelieved, number>>;
    } catch (error) {
      if (isSystemError(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return {};
      throw error;
    }
  }

  get #countsFile(): string {
    return join(this.#folder, 'counts.json');
  }

  #count(why: Unbelieved): void {
    const counts = this.counts();
    const next = { ...counts, [why]: (counts[why] ?? 0) + 1 };
    writeDurably(this.#countsFile, `${JSON.stringify(next)}\n`, { mode: 0o600, existing: 'replace' });
  }

  #forgetOldest(): void {
    const names = readdirSync(this.#folder).filter((name) => /^[0-9a-f]{16}\.txt$/.test(name));
    if (names.length <= this.#maxKept) return;
    const age = (name: string): number => lstatSync(join(this.#folder, name)).mtimeMs;
    const oldest = names.map((name) => ({ name, at: age(name) })).toSorted((a, b) => a.at - b.at);
    for (const { name } of oldest.slice(0, -this.#maxKept)) rmSync(join(this.#folder, name), { force: true });
  }
}
