/** The few pieces of roff that the pages are made of: man(7) macros, one per line, and text that cannot be taken for one. */

import { continued } from '../../src/command-line/continued.ts';

/** Text as roff shows it: no escapes, no macro at the beginning of a line. */
export function plain(text: string): string {
  return text.replaceAll('\\', String.raw`\e`).replaceAll(/^(?=[.'])/gm, String.raw`\&`);
}

/** What is typed: its hyphens are to be copied and searched for as such. */
export function typed(text: string): string {
  return plain(text)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('"', String.raw`\(dq`);
}

export function bold(text: string): string {
  return String.raw`\fB${typed(text)}\fR`;
}

/** Names in `<…>` slanted, the rest bold: `--root <dir>`. */
export function synopsis(text: string): string {
  return text
    .split(/(<[^>]+>)/)
    .filter((part) => part.trim() !== '')
    .map((part) =>
      part.startsWith('<') ? String.raw`\fI${typed(part.slice(1, -1))}\fR` : bold(part.trimEnd()),
    )
    .join(' ');
}

export function title(name: string, { version, name: program }: { version: string; name: string }): string {
  return `.TH "${typed(name.toUpperCase())}" "1" "" "${program} ${version}" "${program}"`;
}

/** A section; left out when there is nothing to say. */
export function section(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${name}`, ...lines];
}

/** A list of terms, each with what it means. Both are roff already. */
export function terms(entries: readonly (readonly [term: string, about: string])[]): string[] {
  return entries.flatMap(([term, about]) => ['.TP', term, about]);
}

/** `ferryman(1)`, `minisign(1)` */
export function references(names: readonly string[]): string[] {
  return names.map((name, index) => {
    const [page = '', number = ''] = name.split(/[()]/);
    return `.BR ${typed(page)} (${number})${index < names.length - 1 ? ' ,' : ''}`.replace(') ,', '),');
  });
}

/** Command lines as they are typed, each in a line of its own; a long one goes on after a backslash, as a shell takes it. */
export function verbatim(lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : ['.nf', ...lines.flatMap((line) => continued(line, exampleColumns)).map(typed), '.fi'];
}

/** Columns between the indentation of a page and the edge of the terminal, with room for the backslash. */
const exampleColumns = 68;

/** With a capital and a full stop: the tables have neither. */
export function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** Lines in which no word is broken: names that are to be copied. */
export function unbroken(lines: readonly string[]): string[] {
  return ['.nh', '.ad l', ...lines, '.ad b', '.hy'];
}
