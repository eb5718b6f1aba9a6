/** Options of the commands about users; apart from what opens the store, since every command loads the table of commands. */
import type { OptionSpec } from '../command-line/command.ts';

export const passwordFileOption: OptionSpec = {
  flags: '--password-file <file>',
  about: 'file with the password on its first line (default: asked for on the terminal, twice)',
};
