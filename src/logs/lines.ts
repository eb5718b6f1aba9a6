/** The lines that an archive carries beside the logs: updates that changed, and contacts with neighbours, since the archive before. */
import type { Ledger } from '../ledger/ledger.ts';
import type { Layout } from '../node/layout.ts';
import { storyJson } from '../report/update-story-json.ts';
import { storiesOf } from '../report/update-story.ts';

export interface Lines {
  /** Each ended by a line feed; empty: nothing. */
  readonly text: string;
  /** Position of the last one, where the next archive goes on. */
  readonly upTo: number;
  /** There was no room for all. */
  readonly isCut: boolean;
}

/** Contacts of this node in their order, each as its line of `contacts.jsonl`. */
export type ContactSource = (after: number, limit: number) => readonly { id: number; line: string }[];

const rowsAtATime = 200;
/** An update for thousands of named nodes: the office knows for whom it was. */
const maxLineBytes = 64 * 1024;

/** @param after number of the last transition that was told @param clockMs the node's clock */
export function ledgerLines(
  { ledger, layout, clockMs }: { ledger: Ledger; layout: Layout; clockMs: number },
  after: number,
  maxBytes: number,
): Lines {
  return takeLines(after, maxBytes, (from) =>
    ledger.updates.changedSince(from, rowsAtATime).map(({ digest, transition }) => ({
      id: transition,
      line: lineOf(ledger, layout, digest, clockMs),
    })),
  );
}

function lineOf(ledger: Ledger, layout: Layout, digest: string, clockMs: number): string {
  const row = ledger.updates.find(digest);
  if (!row) return '';
  const rows = row.sequence === null ? [row] : ledger.updates.bySequence(row.sequence);
  const story = storiesOf(ledger, layout, rows, clockMs).find((one) => one.row.digest === digest);
  if (!story) return '';
  const line = JSON.stringify(storyJson(story));
  if (line.length <= maxLineBytes) return line;
  return JSON.stringify({ ...storyJson(story), recipients: [], transitions: story.transitions.slice(-20) });
}

export function contactLines(source: ContactSource, after: number, maxBytes: number): Lines {
  return takeLines(after, maxBytes, (from) => source(from, rowsAtATime));
}

function takeLines(
  after: number,
  maxBytes: number,
  read: (after: number) => readonly { id: number; line: string }[],
): Lines {
  let text = '';
  let upTo = after;
  let bytes = 0;
  for (;;) {
    const rows = read(upTo);
    for (const { id, line } of rows) {
      const size = Buffer.byteLength(line) + 1;
      if (bytes + size > maxBytes) return { text, upTo, isCut: true };
      if (line !== '') text += `${line}\n`;
      bytes += size;
      upTo = id;
    }
    if (rows.length < rowsAtATime) return { text, upTo, isCut: false };
  }
}
