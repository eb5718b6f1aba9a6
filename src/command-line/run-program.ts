/** Runs a program from its command table: parses, helps, calls the command, and turns errors into words and exit statuses. */
import { FerrymanError, isSystemError } from '../errors.ts';
import { errorWidth, wrap } from './columns.ts';
import type { ProgramStart, Typed } from './command.ts';
import type { Io } from './io.ts';
import { parsePlainly } from './parse-plainly.ts';

/** @param argv what was typed after the program's name. @returns the exit status */
export async function runProgram(program: ProgramStart, argv: readonly string[], io: Io): Promise<number> {
  try {
    const typed = parsePlainly(program.questions, argv) ?? (await parseByTable(program, argv, io));
    if (typeof typed === 'number') return typed;
    if (!typed.spec.isQuestion) io.keepMemorySmall();
    const { run } = await typed.spec.load();
    return await run(typed.input, io);
  } catch (error) {
    return report(program.name, asFerrymanError(error), argv.includes('--json'), io);
  }
}

async function parseByTable(start: ProgramStart, argv: readonly string[], io: Io): Promise<Typed | number> {
  const program = await start.load();
  const typed = parsePlainly(program.commands, argv);
  if (typed) return typed;
  const { parseFully } = await import('./parse-fully.ts');
  return parseFully(program, argv, io);
}

function asFerrymanError(error: unknown): FerrymanError {
  if (error instanceof FerrymanError) return error;
  if (isSystemError(error, 'EACCES', 'EPERM'))
    return new FerrymanError('system.permission', error.message, { cause: error });
  if (isSystemError(error, 'ENOENT', 'ENOTDIR'))
    return new FerrymanError(
      'source.missing',
      `${error.path ?? error.syscall}: expected it to be there, found nothing`,
      { cause: error },
    );
  if (isSystemError(error, 'EISDIR'))
    return new FerrymanError(
      'source.unreadable',
      `${error.path ?? error.syscall}: expected a file, found a folder`,
      { cause: error },
    );
  if (isSystemError(error, 'EEXIST'))
    return new FerrymanError('output.exists', error.message, { cause: error });
  if (error instanceof Error && 'syscall' in error)
    return new FerrymanError('system.failed', error.message, { cause: error });
  return new FerrymanError(
    'internal.bug',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
    { cause: error },
  );
}

function report(programName: string, error: FerrymanError, json: boolean, io: Io): number {
  const { code, message, hint, exit } = error;
  if (json) io.err(`${JSON.stringify({ schema: 'ferryman.error/1', code, message, hint, exit })}\n`);
  else io.err(inText(`${programName}: ${message} [${code}]\n  hint: ${hint}`, errorWidth(io)));
  return exit;
}

/** A name is not broken, so that it can be copied. */
function inText(text: string, columns: number): string {
  const lines = text.split('\n').flatMap((line) => wrap(line, columns, '    '));
  return lines.map((line) => `${line}\n`).join('');
}
