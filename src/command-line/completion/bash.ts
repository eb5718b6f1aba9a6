/**
 * Completion for bash 4 and later, without the package bash-completion: one function, with the commands' words in a `case`.
 */
import type { CompletedCommand, ValueKind } from './values.ts';

export function bashScript(program: string, commands: readonly CompletedCommand[]): string {
  const fn = `_${program.replaceAll('-', '_')}`;
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion for ${program}; made by "${program} completion bash"
${fn}_sequences() {
  local first rest
  ${program} history --limit 200 \${1:+--root "$1"} 2>/dev/null | while read -r first rest; do
    [[ $first =~ ^[0-9]+$ ]] && echo "$first"
  done
}

${fn}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  local options= valued= root= word i position=0
  COMPREPLY=()
  # --name=value comes as three words
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W '${names} --help --version' -- "$cur")
    return
  fi
  case $command in
${commands.map(wordsCase).join('\n')}
  esac
  for ((i = 2; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ " $valued " == *" $word "* ]]; then
      ((i++))
      [[ \${COMP_WORDS[i]} == = ]] && ((i++))
      [[ $word == --root ]] && root=\${COMP_WORDS[i]}
    elif [[ $word != -* ]]; then
      ((position++))
    fi
  done
  if [[ " $valued " == *" $prev "* ]]; then
    case $command$prev in
${commands.flatMap((command) => optionCases(fn, command)).join('\n')}
    esac
    return
  fi
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    return
  fi
  case $command:$position in
${commands.flatMap((command) => argumentCases(fn, command)).join('\n')}
  esac
}
complete -F ${fn} ${program}
`;
}

function wordsCase({ name, options }: CompletedCommand): string {
  const all = options.flatMap(({ names }) => names);
  const valued = options.filter(({ value }) => value).flatMap(({ names }) => names);
  return `    ${name}) options='${all.join(' ')}' valued='${valued.join(' ')}' ;;`;
}

function optionCases(fn: string, { name, options }: CompletedCommand): string[] {
  return options.flatMap(({ names, value }) =>
    value && value.kind.kind !== 'anything'
      ? [`      ${names.map((each) => name + each).join(' | ')}) ${offer(fn, value.kind)} ;;`]
      : [],
  );
}

function argumentCases(fn: string, { name, args }: CompletedCommand): string[] {
  return args.flatMap(({ kind, variadic }, position) =>
    kind.kind === 'anything' ? [] : [`    ${name}:${variadic ? '*' : position}) ${offer(fn, kind)} ;;`],
  );
}

function offer(fn: string, kind: ValueKind): string {
  switch (kind.kind) {
    case 'choice':
      return from(`compgen -W '${kind.choices.join(' ')}' -- "$cur"`);
    case 'sequence':
      return from(`compgen -W "$(${fn}_sequences "$root")" -- "$cur"`);
    case 'folder':
      return `compopt -o filenames 2>/dev/null; ${from('compgen -d -- "$cur"')}`;
    default:
      return `compopt -o filenames 2>/dev/null; ${from('compgen -f -- "$cur"')}`;
  }
}

function from(source: string): string {
  return `mapfile -t COMPREPLY < <(${source})`;
}
