/**
 * `node tools/run-tests/main.mjs [vitest's arguments]`: runs vitest once and ends with a line that counts.
 *
 * The last line on stdout is `N passed, N failed`, or `N passed, N failed, N skipped`. Exit code 0 only if vitest is
 * content, nothing failed and at least one test ran: a run over nothing is not green.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine } from './tally.mjs';

const ROOT = join(import.meta.dirname, '../..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const REPORTER = join(import.meta.dirname, 'tally-reporter.mjs');

const scratch = mkdtempSync(join(tmpdir(), 'ferryman-tests-'));
try {
  process.exitCode = await runTests(process.argv.slice(2), join(scratch, 'tally.json'));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function runTests(args, tallyFile) {
  const exitCode = await runVitest(args, tallyFile);
  const counts = readTally(tallyFile);
  const verdict = judge(counts, exitCode);
  for (const name of counts?.unsteady ?? []) console.log(`run-tests: passed at the second try only: ${name}`);
  if (verdict.reason) console.error(`run-tests: ${verdict.reason}`);
  console.log(lastLine(counts ?? { passed: 0, failed: 1, skipped: 0 }));
  return verdict.exitCode;
}

async function runVitest(args, tallyFile) {
  // Node reads the bundle that this names at each start, which takes longer than all else there: the tests start it thousands of times, and
  // reach nothing but this machine.
  const { NODE_EXTRA_CA_CERTS: _unused, ...env } = process.env;
  const child = spawn(process.execPath, [VITEST, 'run', ...reporters(args), ...args], {
    cwd: ROOT,
    env: { ...env, FERRYMAN_TALLY_FILE: tallyFile },
    stdio: 'inherit',
  });
  passOnSignals(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** Naming a reporter takes away vitest's own, so the default is named too, unless the caller chose one. */
function reporters(args) {
  const isChosen = args.some((arg) => arg.startsWith('--reporter'));
  return [...(isChosen ? [] : ['--reporter=default']), `--reporter=${REPORTER}`];
}

/** The terminal sends Ctrl-C to vitest as well; a plain kill reaches only us. */
function passOnSignals(child) {
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
}

function readTally(tallyFile) {
  return existsSync(tallyFile) ? JSON.parse(readFileSync(tallyFile, 'utf8')) : undefined;
}

function judge(counts, exitCode) {
  if (counts === undefined) {
    return {
      exitCode: exitCode || 1,
      reason: `vitest ended with exit code ${exitCode} before it could report`,
    };
  }
  if (counts.passed + counts.failed === 0) return { exitCode: exitCode || 1, reason: 'no test ran' };
  if (counts.failed > 0) return { exitCode: exitCode || 1 };
  if (exitCode !== 0)
    return { exitCode, reason: `no test failed, but vitest ended with exit code ${exitCode}` };
  return { exitCode: 0 };
}
