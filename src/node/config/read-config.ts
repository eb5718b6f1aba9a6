/**
 * Reads a configuration against the table of keys and tells everything that is wrong with it at once, for a person who would mend
 * it in one go. (A manifest is refused at its first fault: `parcel/closed-object.ts`.) Pure.
 */
import { parse, TomlError } from 'smol-toml';
import { printable } from '../../parcel/printable.ts';
import { contradictions } from './contradictions.ts';
import { oneOf, type Kind } from './kinds.ts';
import {
  defaultSinks,
  maxSinks,
  sinkTables,
  sinkTypes,
  tables,
  type Keys,
  type SinkType,
  type Values,
} from './keys.ts';

type Tables = { readonly [Name in keyof typeof tables]: Values<(typeof tables)[Name]> };
export type SinkConfig = {
  [Type in SinkType]: { readonly type: Type } & Values<(typeof sinkTables)[Type]>;
}[SinkType];

export interface Config extends Omit<Tables, 'report'> {
  readonly report: Tables['report'] & { readonly sinks: readonly SinkConfig[] };
}

/** One thing that is wrong. */
export interface Problem {
  /** `run.stopSeconds`, `report.sinks[2].url`; empty for the file itself. */
  readonly key: string;
  readonly expected: string;
  readonly found: string;
}

export type ConfigReading =
  | { readonly config: Config; readonly problems: readonly [] }
  | { readonly config: undefined; readonly problems: readonly Problem[] };

/** @param text TOML 1.0. @param root what absolute paths in it stand under */
export function readConfig(text: string, root: string): ConfigReading {
  let document;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [fault = ''] = error.message.replace('Invalid TOML document: ', '').split('\n', 1);
    return {
      config: undefined,
      problems: [
        {
          key: '',
          expected: 'TOML',
          found: `line ${error.line}, column ${error.column}: ${printable(fault)}`,
        },
      ],
    };
  }
  const reader = new Reader(root);
  const config = reader.document(document);
  const problems = [...reader.problems, ...contradictions(config, root)];
  return problems.length === 0 ? { config, problems: [] } : { config: undefined, problems };
}

/** `run.stopSeconds: expected a whole number from 1 to 86400, found "ten"`. */
export function problemText({ key, expected, found }: Problem): string {
  return `${key === '' ? '' : `${key}: `}expected ${expected}, found ${found}`;
}

interface TableName {
  readonly path: string;
  readonly besides: readonly string[];
}

class Reader {
  readonly problems: Problem[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** What is wrong is missing in the result. */
  document(document: Readonly<Record<string, unknown>>): Config {
    this.#refuseUnknown(document, Object.keys(tables), '');
    const read = Object.fromEntries(
      Object.entries(tables).map(([name, keys]) => [
        name,
        this.#table(keys, document[name] ?? {}, { path: name, besides: name === 'report' ? ['sinks'] : [] }),
      ]),
    ) as unknown as Tables;
    const { report } = document;
    const sinks = (isTable(report) ? report['sinks'] : undefined) ?? defaultSinks;
    return { ...read, report: { ...read.report, sinks: this.#sinks(sinks) } };
  }

  /** @param besides names that are read elsewhere */
  #table(keys: Keys, value: unknown, { path, besides }: TableName): Record<string, unknown> {
    const read: Record<string, unknown> = {};
    if (!isTable(value)) {
      this.#problem(path, { expected: 'a table' }, value);
      return read;
    }
    this.#refuseUnknown(value, [...Object.keys(keys), ...besides], path);
    for (const [name, { kind, default: fallback }] of Object.entries(keys)) {
      const written = value[name] ?? fallback;
      const result = written === undefined ? undefined : kind.read(written, this.#root);
      if (result === undefined) this.#problem(`${path}.${name}`, kind, written);
      else read[name] = result;
    }
    return read;
  }

  #sinks(value: unknown): SinkConfig[] {
    if (!Array.isArray(value) || value.length > maxSinks) {
      this.#problem(
        'report.sinks',
        { expected: `at most ${maxSinks} tables, each begun by [[report.sinks]]` },
        value,
      );
      return [];
    }
    return value.map((entry, index) => this.#sink(entry, `report.sinks[${index + 1}]`) as SinkConfig);
  }

  #sink(entry: unknown, path: string): SinkConfig | undefined {
    const written = isTable(entry) ? entry['type'] : undefined;
    const type = sinkTypes.find((known) => known === written);
    if (type)
      return { type, ...this.#table(sinkTables[type], entry, { path, besides: ['type'] }) } as SinkConfig;
    this.#problem(`${path}.type`, oneOf(sinkTypes), written);
    return undefined;
  }

  #refuseUnknown(table: Readonly<Record<string, unknown>>, known: readonly string[], path: string): void {
    for (const name of Object.keys(table)) {
      if (known.includes(name)) continue;
      const key = path === '' ? name : `${path}.${name}`;
      this.problems.push({
        key: shortened(printable(key)),
        expected: meant(name, known),
        found: 'a key that ferryman does not know',
      });
    }
  }

  #problem(
    key: string,
    { expected, secret }: Pick<Kind<unknown>, 'expected' | 'secret'>,
    value: unknown,
  ): void {
    const found =
      secret && value !== undefined ? 'something else (not shown: it may hold a secret)' : inWords(value);
    this.problems.push({ key, expected, found });
  }
}

/** What somebody who wrote an unknown key may have meant. */
function meant(name: string, known: readonly string[]): string {
  const close = known.find((key) => bare(key) === bare(name));
  if (close !== undefined) return `"${close}"`;
  const elsewhere = Object.entries(tables).find(([, keys]) => Object.hasOwn(keys, name));
  return elsewhere ? `it in the table [${elsewhere[0]}]` : `one of ${known.join(', ')}`;
}

/** A name without what people write differently: capitals, `_`, `-`, a plural. */
function bare(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .replace(/s$/, '');
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

const longestShown = 60;

function shortened(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

function inWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isTable(value)) return 'a table';
  return value instanceof Date ? 'a date' : shortened(printable(JSON.stringify(value) ?? typeof value));
}
