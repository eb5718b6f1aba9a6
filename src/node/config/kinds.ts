/** Kinds of values in the configuration: what each looks like in words, and how it is read. */
import { isAbsolute, join } from 'node:path';

export interface Kind<T> {
  /** As messages and the documentation say it: `a whole number from 1 to 10`. */
  readonly expected: string;
  /** What stands there is not shown in messages. */
  readonly secret?: true;
  /** @param root what absolute paths stand under. @returns `undefined`: it is not of this kind */
  read(value: unknown, root: string): T | undefined;
}

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  return {
    expected:
      max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`,
    read: (value) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
        ? (value as number)
        : undefined,
  };
}

export function text(expected: string, isSound: (text: string) => boolean): Kind<string> {
  return { expected, read: (value) => (typeof value === 'string' && isSound(value) ? value : undefined) };
}

export function oneOf<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    expected: choices
      .map((choice) => `"${choice}"`)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1'),
    read: (value) => choices.find((choice) => choice === value),
  };
}

export const yesOrNo: Kind<boolean> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

/** Read as it stands under the root, like everything else of a node. */
export const absolutePath: Kind<string> = {
  expected: 'an absolute path',
  read: (value, root) =>
    typeof value === 'string' && isAbsolute(value) && !value.includes('\0') ? join(root, value) : undefined,
};

/** The same, or nothing. */
export const optionalPath: Kind<string> = {
  expected: 'an absolute path, or ""',
  read: (value, root) => (value === '' ? '' : absolutePath.read(value, root)),
};

export function listOf<T>(item: Kind<T>, what: string, min: number): Kind<readonly T[]> {
  const max = 100;
  return {
    expected: `a list of ${min === 0 ? 'at most' : `${min} to`} ${max} ${what}`,
    read: (value, root) => {
      if (!Array.isArray(value) || value.length < min || value.length > max) return undefined;
      const items = value.flatMap((one) => item.read(one, root) ?? []);
      return items.length === value.length ? items : undefined;
    },
  };
}

export function pairOf<T>(item: Kind<T>): Kind<readonly [T, T]> {
  return {
    expected: `a list of two, each ${item.expected}`,
    read: (value, root) => {
      if (!Array.isArray(value) || value.length !== 2) return undefined;
      const [first, second] = value.map((one) => item.read(one, root));
      return first === undefined || second === undefined ? undefined : [first, second];
    },
  };
}

/** A program and its arguments: run as they are, no shell in between. */
export const commandLine = commandLineOf(1);
/** The same, or an empty list. */
export const optionalCommandLine = commandLineOf(0);

function commandLineOf(min: number): Kind<readonly string[]> {
  const word = text('text', (value) => value !== '' && !value.includes('\0'));
  return { ...listOf(word, 'texts: a program and its arguments', min), secret: true };
}

export const webAddress: Kind<string> = {
  ...text('an http or https address', (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return url?.protocol === 'https:' || url?.protocol === 'http:';
  }),
  secret: true,
};
