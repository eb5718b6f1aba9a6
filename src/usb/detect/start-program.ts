import { spawn, type ChildProcess } from 'node:child_process';

/** Starts a program whose output is read. Node tells of some failures at once, which is the error here, of others by an event. */
export function startProgram(
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin: 'pipe' | 'ignore',
): ChildProcess | Error {
  try {
    return spawn(program, args, { env, cwd: '/', stdio: [stdin, 'pipe', 'ignore'] });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
