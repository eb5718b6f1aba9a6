/** Completion for zsh: descriptions and all, by its own `_arguments`. Works from fpath, and when it is sourced. */
import type { CompletedArgument, CompletedCommand, CompletedOption, ValueKind } from './values.ts';

export function zshScript(program: string, commands: readonly CompletedCommand[]): string {
  const fn = `_${program.replaceAll('-', '_')}`;
  return `#compdef ${program}
# zsh completion for ${program}; made by "${program} completion zsh"
${fn}_sequences() {
  local -a found
  local root=\${opt_args[--root]}
  found=(\${(f)"$(${program} history --limit 200 \${root:+--root} \${root:+$root} 2>/dev/null)"})
  found=(\${\${(M)\${found## #}:#[0-9]## *}%% *})
  compadd -V sequences -- \${(u)found}
}

${fn}() {
  setopt local_options extended_glob
  local -a commands
  local curcontext=$curcontext state line
  typeset -A opt_args
  if ((CURRENT == 2)); then
    commands=(
${commands.map(({ name, summary }) => `      ${quote(`${name}:${summary}`)}`).join('\n')}
    )
    _describe -t commands command commands
    [[ $words[2] == -* ]] && compadd -- --help --version
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map((command) => commandCase(fn, command)).join('\n')}
  esac
}

if [[ $funcstack[1] == ${fn} ]]; then ${fn} "$@"; else compdef ${fn} ${program}; fi
`;
}

function commandCase(fn: string, { name, options, args }: CompletedCommand): string {
  const specs = [
    ...options.flatMap((option) => optionSpecs(fn, option)),
    ...args.map((arg, index) => argumentSpec(fn, arg, index + 1)),
  ];
  return `    ${name})\n      _arguments \\\n${specs.map((spec) => `        ${quote(spec)}`).join(' \\\n')}\n      ;;`;
}

function optionSpecs(fn: string, { names, about, repeatable, value }: CompletedOption): string[] {
  const once = repeatable ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((name) => {
    const equals = value && name.startsWith('--') ? '=' : '';
    const takes = value ? `:${value.name}:${action(fn, value.kind)}` : '';
    return `${once}${name}${equals}[${about.replaceAll(/[\\[\]:]/g, String.raw`\$&`)}]${takes}`;
  });
}

function argumentSpec(fn: string, { name, kind, variadic }: CompletedArgument, position: number): string {
  return `${variadic ? '*' : position}:${name}:${action(fn, kind)}`;
}

function action(fn: string, kind: ValueKind): string {
  switch (kind.kind) {
    case 'choice':
      return `(${kind.choices.join(' ')})`;
    case 'sequence':
      return `${fn}_sequences`;
    case 'folder':
      return '_files -/';
    case 'file':
      return '_files';
    default:
      return ' ';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
