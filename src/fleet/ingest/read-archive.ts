/** Reads the lines of an unpacked archive that the fleet store keeps. One that is not as it must be is counted, and the rest read. */
import { join } from 'node:path';
import { FerrymanError } from '../../errors.ts';
import { parseContact, type Contact } from '../../parcel/contact.ts';
import { maxContactBytes, maxNodeFactsBytes } from '../../parcel/limits.ts';
import { parseNodeFacts, type NodeFacts } from '../../parcel/node-facts.ts';
import { isBadLine, parseLedgerLine, type LedgerLine } from './ledger-line.ts';
import { readLines, type LineLimits } from './read-lines.ts';

export interface ReadArchive {
  readonly updates: readonly LedgerLine[];
  readonly contacts: readonly NumberedContact[];
  /** What the node tells of itself; the last word counts. */
  readonly facts: NodeFacts | undefined;
  readonly badLines: number;
  /** Why the first of them is bad; empty: none is. */
  readonly problem: string;
}

export interface NumberedContact extends Contact {
  /** From 0. */
  readonly line: number;
}

const mib = 1024 * 1024;
const limits = {
  'ledger.jsonl': { maxLineBytes: mib / 4, maxLines: 20_000, maxBytes: 16 * mib },
  'contacts.jsonl': { maxLineBytes: maxContactBytes, maxLines: 50_000, maxBytes: 16 * mib },
  'node.jsonl': { maxLineBytes: maxNodeFactsBytes, maxLines: 10, maxBytes: 10 * maxNodeFactsBytes },
} as const satisfies Record<string, LineLimits>;

/** @param folder where it is unpacked */
export async function readArchive(folder: string): Promise<ReadArchive> {
  const updates: LedgerLine[] = [];
  const contacts: NumberedContact[] = [];
  const bad: string[] = [];
  let facts: NodeFacts | undefined;
  await eachLine(folder, 'ledger.jsonl', bad, (bytes) => updates.push(parseLedgerLine(bytes)));
  await eachLine(folder, 'contacts.jsonl', bad, (bytes, line) =>
    contacts.push({ line, ...parseContact(bytes) }),
  );
  await eachLine(folder, 'node.jsonl', bad, (bytes) => {
    facts = parseNodeFacts(bytes);
  });
  return { updates, contacts, facts, badLines: bad.length, problem: bad[0] ?? '' };
}

async function eachLine(
  folder: string,
  name: keyof typeof limits,
  bad: string[],
  take: (bytes: Buffer, line: number) => unknown,
): Promise<void> {
  for await (const { number, bytes } of readLines(join(folder, name), limits[name])) {
    const where = `${name}, line ${number + 1}`;
    try {
      if (bytes) take(bytes, number);
      else
        bad.push(
          `${where}: expected at most ${limits[name].maxLineBytes} bytes and ${limits[name].maxLines} lines`,
        );
    } catch (error) {
      if (!isBadLine(error) && !(error instanceof FerrymanError)) throw error;
      bad.push(`${where}: ${error.message}`);
    }
  }
}
