/**
 * Reads an object that came from outside and is closed: every key is taken with its expected type, and keys that nobody
 * took are refused. Used for manifests and for configuration.
 */

import { printable } from './printable.ts';

/** What was wrong with one key: `files[3].size: expected a whole number from 0, found "1"`. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

/** One object whose keys are consumed one by one. */
export class ClosedObject {
  readonly #where: string;
  readonly #value: object;
  /** A few keys: looking through them takes less than a set for every object of a long list. */
  readonly #taken: string[] = [];

  /**
   * @param where how to name the object in errors, `''` for the outermost
   * @throws FieldError when `value` is not a plain object
   */
  constructor(value: unknown, where = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FieldError(`${where || 'the document'}: expected an object, found ${describe(value)}`);
    }
    this.#where = where;
    this.#value = value;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#value, key) && !this.#taken.includes(key);
  }

  /** Takes any value; `undefined` when the key is absent. */
  take(key: string): unknown {
    if (!this.has(key)) return undefined;
    this.#taken.push(key);
    return (this.#value as Record<string, unknown>)[key];
  }

  string(key: string): string {
    const value = this.take(key);
    if (typeof value !== 'string') throw this.refuse(key, 'a text', value);
    return value;
  }

  /** A whole number within [min, max]; floats, texts and numbers past 2^53 - 1 are refused. */
  integer(key: string, min: number, max: number): number {
    const value = this.take(key);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw this.refuse(key, `a whole number from ${min} to ${max}`, value);
    }
    return value;
  }

  boolean(key: string): boolean {
    const value = this.take(key);
    if (typeof value !== 'boolean') throw this.refuse(key, 'true or false', value);
    return value;
  }

  oneOf<const Choice extends string>(key: string, choices: readonly Choice[]): Choice {
    const value = this.take(key);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined)
      throw this.refuse(key, `one of ${choices.map((one) => `"${one}"`).join(', ')}`, value);
    return choice;
  }

  array(key: string, min: number, max: number): unknown[] {
    const value = this.take(key);
    if (!Array.isArray(value)) throw this.refuse(key, 'a list', value);
    if (value.length < min || value.length > max)
      throw this.refuse(key, `${min} to ${max} items`, `${value.length} items`);
    return value;
  }

  strings(key: string, min: number, max: number): string[] {
    return this.array(key, min, max).map((value, index) => {
      if (typeof value !== 'string') throw this.refuse(`${key}[${index}]`, 'a text', value);
      return value;
    });
  }

  object(key: string): ClosedObject {
    return new ClosedObject(this.take(key), this.path(key));
  }

  /** @throws FieldError naming the keys that nobody took */
  end(): void {
    const unknown = Object.keys(this.#value).find((key) => !this.#taken.includes(key));
    if (unknown !== undefined)
      throw new FieldError(`${this.path(printable(unknown.slice(0, 80)))}: expected no such key`);
  }

  path(key: string): string {
    return this.#where === '' ? key : `${this.#where}.${key}`;
  }

  refuse(key: string, expected: string, found: unknown): FieldError {
    return new FieldError(`${this.path(key)}: expected ${expected}, found ${describe(found)}`);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'object' && value !== null ? describeObject(value) : JSON.stringify(value);
  return printable(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}

/** Flat lists are shown; anything else by its kind: what is nested deeply enough cannot be written out at all. */
function describeObject(value: object): string {
  if (!Array.isArray(value)) return 'an object';
  return value.every((item) => typeof item !== 'object') ? JSON.stringify(value) : 'a list';
}
