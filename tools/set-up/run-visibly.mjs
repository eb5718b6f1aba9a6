/**
 * Runs a program that may take minutes, so that a person sees it is alive and a log stays short.
 *
 * Its output is kept back: every ten seconds one line tells how long it has been at work, and what it said last if that
 * is new. The end of the output is handed back for the message when it fails. It gets no stdin, so it cannot wait for an
 * answer.
 */
import { spawn } from 'node:child_process';

const SIGN_OF_LIFE_MS = 10_000;
const KEPT_LINES = 120;

/**
 * Runs `command` (program, then arguments); `{ ok, output }` with the end of what it wrote, on either stream.
 *
 * `say` is called with a line about every ten seconds; `signal` stops the program.
 */
export async function runVisibly(command, { cwd, env, say, signal }) {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = keepLast(KEPT_LINES, [child.stdout, child.stderr]);
  const startedAt = performance.now();
  let lastShown;
  const signOfLife = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const last = lines.at(-1);
    const news = last === lastShown ? '' : `: ${last}`;
    lastShown = last;
    say(`still at it, ${seconds} s${news}`);
  }, SIGN_OF_LIFE_MS);
  try {
    const ended = await end(child);
    return { ok: ended === 'exit code 0', output: [...lines, `(${program}: ${ended})`].join('\n') };
  } finally {
    clearInterval(signOfLife);
  }
}

/** How the program ended, once nothing holds its output open any more: what it started may outlive it. */
function end(child) {
  return new Promise((resolve) => {
    let failure;
    child.once('error', (error) => (failure = error.message));
    child.once('close', (code, signal) => resolve(failure ?? signal ?? `exit code ${code}`));
  });
}

function keepLast(count, streams) {
  const kept = [];
  for (const stream of streams) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split(/[\r\n]+/);
      rest = lines.pop();
      kept.push(...lines.filter((line) => line.trim() !== ''));
      kept.splice(0, kept.length - count);
    });
    stream.on('end', () => rest && kept.push(rest));
  }
  return kept;
}
