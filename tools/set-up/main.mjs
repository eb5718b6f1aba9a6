/**
 * `node tools/set-up/main.mjs PURPOSE`: makes a fresh clone ready for the demo, the tests, the build, the benchmarks or packaging.
 *
 * The first program that runs, so it imports nothing but Node. Asks nothing, and does only what is not done yet. One
 * line on stderr for each step. Exit code 0; 69 (EX_UNAVAILABLE) when the machine lacks something that set-up cannot
 * provide, 64 (EX_USAGE) for a wrong argument.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { areBundlesMade, makeBundles } from './bundles.mjs';
import { installDebianPackages, missingDebianPackages } from './debian-packages.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { areNpmPackagesInstalled, installNpmPackages } from './npm-packages.mjs';
import { SetUpFailure } from './set-up-failure.mjs';

const EX_USAGE = 64;
const EX_UNAVAILABLE = 69;
const PURPOSES = ['demo', 'test', 'build', 'bench', 'package', 'test-packages'];

// Not import.meta.dirname: a Node too old to have it must get as far as being told so.
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const [purpose] = process.argv.slice(2);
if (PURPOSES.includes(purpose)) {
  process.exitCode = await exitCodeOf(setUp);
} else {
  console.error(`set-up: expected one of ${PURPOSES.join(', ')}, got ${purpose ?? 'nothing'}`);
  process.exitCode = EX_USAGE;
}

async function setUp(stop) {
  const machine = thisMachine();
  const tools = { env: process.env, signal: stop, nodePath: machine.nodePath };
  const installsNpmPackages = !areNpmPackagesInstalled(ROOT, machine);

  await step('Node', () => checkNodeVersion(process.version, readPackage().engines.node));
  await step('Debian packages', async (say) => {
    const missing = missingDebianPackages(purpose, { installsNpmPackages, path: process.env.PATH });
    if (missing.length === 0) return 'nothing to install';
    const isRoot = process.getuid?.() === 0;
    const areInstalled = await installDebianPackages(missing, { isRoot, ...tools, say });
    return `${areInstalled ? 'installed' : 'does without'} ${missing.map((each) => each.name).join(', ')}`;
  });
  await step('npm packages', async (say) => {
    if (!installsNpmPackages) return 'as in package-lock.json';
    say('installing, which takes about a minute');
    await installNpmPackages(ROOT, machine, { ...tools, say });
    return 'installed';
  });
  await step('build', async (say) => {
    if (areBundlesMade(ROOT)) return 'up to date';
    await makeBundles(ROOT, { ...tools, say });
    return 'made dist/';
  });
}

function thisMachine() {
  const { platform, arch, execPath, versions } = process;
  return { abi: versions.modules, platform, arch, nodePath: realpathSync(execPath) };
}

function readPackage() {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

async function step(name, act) {
  const startedAt = performance.now();
  const say = (text) => console.error(`set-up: ${name}: ${text}`);
  const result = await act(say);
  say(`${result} (${((performance.now() - startedAt) / 1000).toFixed(2)} s)`);
}

/** Runs `act` with a signal that aborts when we are told to stop, so that apt-get or npm stops too. */
async function exitCodeOf(act) {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => stop.abort(name));
  try {
    await act(stop.signal);
    return 0;
  } catch (error) {
    if (!(error instanceof SetUpFailure)) throw error;
    if (stop.signal.aborted) {
      console.error(`set-up: stopped by ${stop.signal.reason}; start it again to go on`);
      return 128 + constants.signals[stop.signal.reason];
    }
    console.error(`set-up: ${error.message}\n  ${error.hint}`);
    return EX_UNAVAILABLE;
  }
}
