/** The row of a command table that prints completion scripts: the same in every program. */
import type { CommandSpec } from './command.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completionCommand(programName: string, load: CommandSpec['load']): CommandSpec {
  return {
    usage: 'completion <shell>',
    summary: 'print a script that lets a shell complete commands, options and values',
    details:
      `Load it at once, or keep it where the shell looks: /etc/bash_completion.d/${programName} (needs the package bash-completion), ` +
      `/usr/local/share/zsh/site-functions/_${programName}, /etc/fish/completions/${programName}.fish.`,
    argumentChoices: { shell: shells },
    options: [],
    examples: [`completion bash >/etc/bash_completion.d/${programName}`],
    load,
  };
}
