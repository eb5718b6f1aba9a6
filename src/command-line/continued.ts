import { wrap } from './columns.ts';

/**
 * A command line in lines, as a shell takes them: each but the last ends with a backslash. Words in quotes must hold no spaces.
 *
 * @param columns of each line, without ` \` at its end
 */
export function continued(commandLine: string, columns: number): string[] {
  const parts = wrap(commandLine, columns, '      ');
  return parts.map((part, index) => (index < parts.length - 1 ? `${part} \\` : part));
}
