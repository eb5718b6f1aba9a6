/** A screen as a person sees it. */
import { width } from '../../src/command-line/columns.ts';

/** Lines that do not fit a terminal of so many columns. */
export function linesWiderThan(columns: number, text: string): string[] {
  return text.split('\n').filter((line) => width(line) > columns);
}

/** The words alone. */
export function withoutColours(text: string): string {
  return text.replaceAll(new RegExp(String.raw`\u001b\[[\d;]*m`, 'g'), '');
}
