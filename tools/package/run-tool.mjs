/** Runs a tool that packaging needs, with an environment in which it says and sorts the same everywhere. */
import { spawnSync } from 'node:child_process';
import { BuildFailure } from '../build/build-failure.mjs';

/** What `program` wrote on stdout, as text. @throws BuildFailure with what it wrote on stderr */
export function runTool(program, args, { cwd, env = {} } = {}) {
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LC_ALL: 'C.UTF-8', TZ: 'UTC', ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error || status !== 0) {
    throw new BuildFailure(
      `${program} ${args.join(' ')}: ${error?.message ?? `ended with ${signal ?? status}`}\n${stderr ?? ''}`.trim(),
      'see what it says; node tools/set-up/main.mjs package installs the tools that are needed',
    );
  }
  return stdout;
}
