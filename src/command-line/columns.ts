/**
 * Text that fits a terminal: how many columns it takes, cut or broken to a width.
 *
 * A pipe is no terminal: nothing is cut or broken there, so that `grep` finds whole lines. Colours are put on afterwards.
 */
import type { Io } from './io.ts';

/** Narrower is not tried: what cannot fit runs over. */
const minColumns = 40;

/** What most terminals have, where one does not say. */
const usualColumns = 80;

/** Columns to keep to; `Infinity` when the output is no terminal. */
export function lineWidth({ stdoutIsTerminal, stdoutColumns }: Io): number {
  return stdoutIsTerminal ? columnsOf(stdoutColumns) : Infinity;
}

/** The same for what goes to standard error. */
export function errorWidth({ stderrIsTerminal, stderrColumns }: Io): number {
  return stderrIsTerminal ? columnsOf(stderrColumns) : Infinity;
}

function columnsOf(told: number | undefined): number {
  return Math.max(told || usualColumns, minColumns);
}

/** Columns that a text takes: East Asian characters and emoji take two, combining marks none. */
export function width(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

// The blocks that Unicode's EastAsianWidth.txt calls W or F, which regular expressions do not know; and emoji.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

function widthOf(character: string): number {
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** The beginning of a text, with `…` for the rest, in at most `columns` columns. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let result = '';
  let used = 1; // the ellipsis
  for (const character of text) {
    used += widthOf(character);
    if (used > columns) break;
    result += character;
  }
  return `${result.trimEnd()}…`;
}

/** Spaces behind a text, up to `columns` columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/**
 * Breaks a line between words so that it keeps to `columns`; what follows the first line begins with `indent`. A word that
 * is longer than a line runs over.
 */
export function wrap(text: string, columns: number, indent: string): string[] {
  if (width(text) <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || line === indent || width(longer) <= columns) {
      line = line === indent ? indent + word : longer;
      continue;
    }
    lines.push(line);
    line = indent + word;
  }
  return [...lines, line];
}

/** Puts `text` behind a label, broken to `columns` with the rest under its beginning. */
export function labelled(label: string, text: string, columns: number): string[] {
  return wrap(label + text, columns, ' '.repeat(width(label)));
}

/**
 * A table: columns as wide as their widest cell, two spaces between them; the last one is cut to what is left of the line.
 * @param rows the first one is the heading @param alignRight numbers of columns with figures
 */
export function table(
  rows: readonly (readonly string[])[],
  columns: number,
  alignRight: ReadonlySet<number> = new Set(),
): string[] {
  const last = (rows[0]?.length ?? 0) - 1;
  const widths = Array.from({ length: last }, (_, index) =>
    Math.max(...rows.map((row) => width(row[index] ?? ''))),
  );
  const room = columns - widths.reduce((sum, one) => sum + one + 2, 0);
  return rows.map((row) => {
    const cells = widths.map((wanted, index) => {
      const cell = row[index] ?? '';
      return alignRight.has(index) ? ' '.repeat(wanted - width(cell)) + cell : pad(cell, wanted);
    });
    return [...cells, cut(row[last] ?? '', room)].join('  ').trimEnd();
  });
}
