/** Completion for fish 3: a line for every command, option and argument. */
import type { CompletedArgument, CompletedCommand, CompletedOption, ValueKind } from './values.ts';

export function fishScript(program: string, commands: readonly CompletedCommand[]): string {
  const fn = `__${program.replaceAll('-', '_')}`;
  const complete = (condition: string, rest: string): string =>
    `complete -c ${program} -n ${quote(condition)} ${rest}`;
  return `# fish completion for ${program}; made by "${program} completion fish"
function ${fn}_sequences
    set -l words (commandline -opc)
    set -l root
    set -l at (contains -i -- --root $words)
    and set root --root $words[(math $at + 1)]
    ${program} history --limit 200 $root 2>/dev/null | string match -rg '^ *([0-9]+) '
end

# true when the command line is of this command
function ${fn}_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end

# true when no command has been typed
function ${fn}_is_bare
    test (count (commandline -opc)) -eq 1
end

complete -c ${program} -f
${complete(`${fn}_is_bare`, "-l help -s h -d 'show help'")}
${complete(`${fn}_is_bare`, "-l version -s V -d 'show the version'")}
${commands.flatMap((command) => commandLines(fn, command, complete)).join('\n')}
`;
}

function commandLines(
  fn: string,
  { name, summary, options, args }: CompletedCommand,
  complete: (condition: string, rest: string) => string,
): string[] {
  return [
    complete(`${fn}_is_bare`, `-a ${name} -d ${quote(summary)}`),
    ...options.map((option) => complete(`${fn}_is ${name}`, optionWords(fn, option))),
    ...args.flatMap(({ kind }: CompletedArgument) =>
      kind.kind === 'anything' ? [] : [complete(`${fn}_is ${name}`, offer(fn, kind))],
    ),
  ];
}

function optionWords(fn: string, { names, about, value }: CompletedOption): string {
  const spelled = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const takes = value === undefined ? '' : ` -r ${offer(fn, value.kind)}`;
  return `${spelled.join(' ')}${takes} -d ${quote(about)}`;
}

function offer(fn: string, kind: ValueKind): string {
  switch (kind.kind) {
    case 'choice':
      return `-f -a ${quote(kind.choices.join(' '))}`;
    case 'sequence':
      return `-f -k -a '(${fn}_sequences)'`;
    case 'folder':
      return "-f -a '(__fish_complete_directories)'";
    case 'file':
      return '-F';
    default:
      return '-f';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
