/** Where a passphrase comes from: a file, or the terminal with echo off. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from '../../src/command-line/io.ts';
import { FerrymanError } from '../../src/errors.ts';

/** @throws FerrymanError `key.no-terminal`, `source.missing` */
export async function readPassphrase(file: string | undefined, prompt: string, io: Io): Promise<string> {
  if (file !== undefined) return firstLine(file);
  if (io.stdin.isTTY !== true)
    throw new FerrymanError('key.no-terminal', `${prompt}: expected a terminal to ask on, found none`);
  return ask(prompt, io);
}

function firstLine(file: string): string {
  const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
  if (line === '')
    throw new FerrymanError(
      'key.passphrase',
      `${file}: expected a passphrase on the first line, found it empty`,
    );
  return line;
}

async function ask(prompt: string, io: Io): Promise<string> {
  io.err(`${prompt}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () =>
        reject(new FerrymanError('key.passphrase', 'expected a passphrase, found the end of the input')),
      );
      lines.once('SIGINT', () => reject(new FerrymanError('key.passphrase', 'interrupted')));
    });
  } finally {
    lines.close();
    io.err('\n');
  }
}
