/** Where a passphrase comes from: a file, or the terminal with echo off. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';
import { FerrymanError } from '../errors.ts';

/** @throws FerrymanError `key.no-terminal`, `key.passphrase`, `source.missing` */
export async function readPassphrase(file: string | undefined, prompt: string, io: Io): Promise<string> {
  if (file !== undefined) return firstLine(file);
  const [typed = ''] = await ask([prompt], io);
  return typed;
}

/**
 * A new passphrase, typed twice or from a file.
 * @param what the word for it @param prompt what it is of. @throws FerrymanError as {@link readPassphrase}
 */
export async function chooseNewPassphrase(
  file: string | undefined,
  io: Io,
  { what, prompt }: { readonly what: string; readonly prompt: string } = {
    what: 'passphrase',
    prompt: 'passphrase for the new key',
  },
): Promise<string> {
  if (file !== undefined) return firstLine(file, what);
  const [first = '', again] = await ask([prompt, 'the same again'], io);
  if (first === '') throw new FerrymanError('key.passphrase', `expected a ${what}, found it empty`);
  if (first !== again)
    throw new FerrymanError('key.passphrase', `expected the same ${what} twice, found them different`);
  return first;
}

function firstLine(file: string, what = 'passphrase'): string {
  const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
  if (line === '')
    throw new FerrymanError(
      'key.passphrase',
      `${file}: expected a ${what} on the first line, found it empty`,
    );
  return line;
}

/** One hidden line for each prompt. A single reader takes all of them: what is typed ahead is neither lost nor shown. */
async function ask(prompts: readonly [string, ...string[]], io: Io): Promise<string[]> {
  if (io.stdin.isTTY !== true)
    throw new FerrymanError('key.no-terminal', `${prompts[0]}: expected a terminal to ask on, found none`);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: silent, terminal: true });
  const typed: string[] = [];
  try {
    return await new Promise<string[]>((resolve, reject) => {
      lines.on('line', (line) => {
        if (typed.push(line) === prompts.length) resolve(typed);
        else if (typed.length < prompts.length) io.err(`\n${prompts[typed.length]}: `);
      });
      lines.once('close', () =>
        reject(
          new FerrymanError('key.passphrase', `${prompts[0]}: expected a line, found the end of the input`),
        ),
      );
      lines.once('SIGINT', () => reject(new FerrymanError('key.passphrase', 'interrupted')));
      io.err(`${prompts[0]}: `); // once echo is off
    });
  } finally {
    lines.close();
    io.err('\n');
  }
}
