/**
 * Reads contacts and messages as The ONE writes them in its reports.
 *
 *     contacts:  time CONN a b up|down
 *     messages:  time ID size from to TTL isResponse
 *
 * Times in seconds, sizes in bytes, TTL in minutes or `n/a`. A node is a number, which letters may precede: `c42` is `42`. Lines that
 * begin with # and empty ones are left out.
 */
import { FerrymanError } from '../../src/errors.ts';
import type { ContactEvent, Message, Scenario } from './scenario.ts';

/** Where a file comes from, for errors, and what it holds. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

/** Minutes; `file`: each message as the file says. Infinity: none. */
export type TimeToLive = number | 'file';

/** @throws FerrymanError `usage.invalid` with file and line */
export function readScenario(contacts: SourceText, messages: SourceText, ttl: TimeToLive): Scenario {
  const nodes = new Nodes();
  const events = readLines(contacts, (words) => contactOf(words, nodes));
  expectOrder(contacts, events);
  const made = readLines(messages, (words) => messageOf(words, nodes, ttl));
  expectOrder(messages, made);
  expectDifferentIds(messages, made);
  const sequences = new Map<number, number>();
  return {
    nodes: nodes.names,
    contacts: events.map(({ value }) => value),
    messages: made.map(({ value }, index) => {
      const sequence = (sequences.get(value.from) ?? 0) + 1;
      sequences.set(value.from, sequence);
      const { at, ...rest } = value;
      return { ...rest, createdAt: at, index, sequence };
    }),
  };
}

interface Line<Value> {
  readonly number: number;
  readonly value: Value;
}

/** What is wrong with a line; told with its place. */
class BadLine extends Error {}

function readLines<Value>({ name, text }: SourceText, read: (words: string[]) => Value): Line<Value>[] {
  const lines: Line<Value>[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) continue;
    try {
      lines.push({ number: index + 1, value: read(content.split(/\s+/)) });
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      throw refuse(name, index + 1, error.message, error);
    }
  }
  return lines;
}

function refuse(name: string, line: number, message: string, cause?: Error): FerrymanError {
  return new FerrymanError('usage.invalid', `${name}, line ${line}: ${message}`, { cause });
}

function contactOf(words: readonly string[], nodes: Nodes): ContactEvent {
  const [time = '', kind, a = '', b = '', state = ''] = words;
  if (words.length < 5 || words.length > 6 || kind !== 'CONN')
    throw new BadLine(`expected "time CONN a b up" or "… down", found "${shown(words)}"`);
  const isUp = /^up$/i.test(state);
  if (!isUp && !/^down$/i.test(state)) throw new BadLine(`expected up or down, found "${state}"`);
  const event = { at: seconds(time), a: nodes.number(a), b: nodes.number(b), isUp };
  if (event.a === event.b) throw new BadLine(`expected two nodes, found ${a} twice`);
  return event;
}

type Made = Omit<Message, 'index' | 'sequence' | 'createdAt'> & { readonly at: number };

function messageOf(words: readonly string[], nodes: Nodes, ttl: TimeToLive): Made {
  const [time = '', id = '', size = '', from = '', to = '', life = ''] = words;
  if (words.length !== 7)
    throw new BadLine(`expected "time ID size from to TTL isResponse", found "${shown(words)}"`);
  if (!/^\d{1,15}$/.test(size)) throw new BadLine(`expected a size in bytes, found "${size}"`);
  const at = seconds(time);
  const minutes = ttl === 'file' ? lifeMinutes(life) : ttl;
  return {
    at,
    id,
    bytes: Number(size),
    from: nodes.number(from),
    to: nodes.number(to),
    expiresAt: at + minutes * 60,
  };
}

function lifeMinutes(word: string): number {
  if (word === 'n/a') return Infinity;
  if (!/^\d{1,9}$/.test(word)) throw new BadLine(`expected a TTL in minutes or n/a, found "${word}"`);
  return Number(word);
}

function seconds(word: string): number {
  if (!/^\d{1,12}(?:\.\d+)?(?:E-?\d)?$/i.test(word))
    throw new BadLine(`expected a time in seconds, found "${word}"`);
  return Number(word);
}

/** As much of a line as a person needs to find it. */
function shown(words: readonly string[]): string {
  const line = words.join(' ').replaceAll(/[^\x20-\x7e]/g, '?');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

function expectOrder({ name }: SourceText, lines: readonly Line<{ readonly at: number }>[]): void {
  let latest = 0;
  for (const { number, value } of lines) {
    if (value.at < latest) throw refuse(name, number, `expected a time from ${latest} on, found ${value.at}`);
    latest = value.at;
  }
}

function expectDifferentIds({ name }: SourceText, lines: readonly Line<Made>[]): void {
  const seen = new Map<string, number>();
  for (const { number, value } of lines) {
    const before = seen.get(value.id);
    if (before !== undefined) throw refuse(name, number, `${value.id} was made in line ${before} already`);
    seen.set(value.id, number);
  }
}

/** Gives nodes their numbers here. */
class Nodes {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  number(word: string): number {
    const digits = /^\D*?0*(\d+)$/.exec(word)?.[1];
    if (digits === undefined) throw new BadLine(`expected a node like 42 or c42, found "${word}"`);
    const known = this.#numbers.get(digits);
    if (known !== undefined) return known;
    const number = this.names.push(digits) - 1;
    this.#numbers.set(digits, number);
    return number;
  }
}
