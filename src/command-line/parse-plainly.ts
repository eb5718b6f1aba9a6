/**
 * Parses the command lines that are typed most by the command table alone, so that a short command need not load commander: that would
 * take a tenth of its time. Pure.
 *
 * Whatever is not plainly right (help, mistakes, short flags, `--no-…`, values that begin with a dash) is left to
 * `parse-fully.ts`, which also finds the words for it. What both take means the same to both.
 */
import { splitUsage, type CommandSpec, type Input, type OptionSpec, type Typed } from './command.ts';

/** @returns `undefined`: ask `parse-fully.ts` */
export function parsePlainly(commands: readonly CommandSpec[], argv: readonly string[]): Typed | undefined {
  for (const spec of commands) {
    const usage = splitUsage(spec.usage);
    if (!usage.path.every((word, index) => argv[index] === word)) continue;
    if (!isPlain(spec)) return undefined;
    const input = new PlainWords(spec).read(argv.slice(usage.path.length));
    return input && isArguments(usage.args, input.args, spec) ? { spec, input } : undefined;
  }
  return undefined;
}

/** Short flags, `--no-…` and arguments without number are the affair of the full parser. */
function isPlain({ usage, options }: CommandSpec): boolean {
  return (
    !usage.includes('...') && options.every(({ flags }) => /^--(?!no-)[a-z-]+(?: <[^>]+>)?$/.test(flags))
  );
}

type Value = string | true | readonly string[];

class PlainWords {
  readonly #specs: ReadonlyMap<string, OptionSpec>;
  readonly #options: Record<string, Value> = {};
  readonly #given = new Set<string>();

  constructor({ options }: CommandSpec) {
    this.#specs = new Map(options.map((option) => [option.flags.split(' ', 1)[0] ?? '', option]));
  }

  read(words: readonly string[]): Input | undefined {
    for (const [name, option] of this.#specs) {
      if (option.default !== undefined) this.#options[camelCase(name)] = option.default;
    }
    const args: string[] = [];
    for (let at = 0; at < words.length;) {
      const word = words[at] ?? '';
      if (!word.startsWith('-')) {
        args.push(word);
        at += 1;
        continue;
      }
      const taken = this.#takeOption(word, words[at + 1]);
      if (taken === 0) return undefined;
      at += taken;
    }
    const isComplete = [...this.#specs].every(([name, { required }]) => !required || this.#given.has(name));
    return isComplete ? { args, options: this.#options } : undefined;
  }

  /** @returns the words that it took; 0: not plain */
  #takeOption(word: string, next: string | undefined): 0 | 1 | 2 {
    const spec = this.#specs.get(word);
    if (!spec) return 0;
    this.#given.add(word);
    const name = camelCase(word);
    if (!spec.flags.includes(' ')) {
      this.#options[name] = true;
      return 1;
    }
    if (next === undefined || next.startsWith('-') || (spec.choices && !spec.choices.includes(next)))
      return 0;
    const before = this.#options[name];
    this.#options[name] = spec.repeatable ? [...(Array.isArray(before) ? before : []), next] : next;
    return 2;
  }
}

function isArguments(
  usages: readonly string[],
  args: readonly string[],
  { argumentChoices = {} }: CommandSpec,
): boolean {
  const needed = usages.filter((usage) => usage.startsWith('<')).length;
  if (args.length < needed || args.length > usages.length) return false;
  return args.every((arg, index) => {
    const choices = argumentChoices[usages[index]?.slice(1, -1) ?? ''];
    return !choices || choices.includes(arg);
  });
}

function camelCase(flag: string): string {
  return flag.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
