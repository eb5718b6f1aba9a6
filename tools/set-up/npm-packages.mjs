/**
 * The npm packages in node_modules: whether they are the ones of package-lock.json, and their installation.
 *
 * A marker in node_modules says what was installed there. It is written after everything else has worked, so an
 * installation cut short is done again; and it names the ABI of Node, because better-sqlite3 is compiled for one ABI.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runVisibly } from './run-visibly.mjs';
import { SetUpFailure } from './set-up-failure.mjs';

const MARKER = 'node_modules/.ferryman-set-up';

/** True when the marker in node_modules names this package-lock.json and this Node. */
export function areNpmPackagesInstalled(root, machine) {
  const marker = join(root, MARKER);
  return existsSync(marker) && readFileSync(marker, 'utf8') === markerContent(root, machine);
}

/**
 * Installs what package-lock.json names, and proves that better-sqlite3 loads.
 *
 * `machine` is this Node: `{ abi, platform, arch, nodePath }`.
 *
 * @throws SetUpFailure when npm fails or better-sqlite3 does not load
 */
export async function installNpmPackages(root, machine, { env, say, signal }) {
  rmSync(join(root, MARKER), { force: true });
  const options = { cwd: root, env: npmEnvironment(env, machine.nodePath), say, signal };
  const npm = await runVisibly([...npmCommand(env, machine.nodePath), ...CLEAN_INSTALL], options);
  if (!npm.ok) {
    throw new SetUpFailure(
      `npm could not install the packages of package-lock.json:\n${npm.output}`,
      'look at the last lines above (no npm on PATH? no way to the npm registry? no room on the disk?), then start again',
    );
  }
  const proof = await runVisibly([machine.nodePath, '-e', LOAD_SQLITE], options);
  if (!proof.ok) {
    throw new SetUpFailure(
      `better-sqlite3 is installed but does not load:\n${proof.output}`,
      'if npm is told to ignore scripts (npm config get ignore-scripts), allow them; else delete node_modules; then start again',
    );
  }
  writeFileSync(join(root, MARKER), markerContent(root, machine));
}

/** Development packages are the bundler and the tests; NODE_ENV=production or omit=dev would leave them out. */
const CLEAN_INSTALL = ['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error'];

const LOAD_SQLITE = "new (require('better-sqlite3'))(':memory:').close()";

function markerContent(root, { abi, platform, arch }) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `package-lock.json ${lock}\nnode abi ${abi} ${platform} ${arch}\n`;
}

/** The npm that started us, if one did; it need not be the first on PATH. */
function npmCommand(env, nodePath) {
  return env.npm_execpath?.endsWith('npm-cli.js') ? [nodePath, env.npm_execpath] : ['npm'];
}

/** node-gyp fetches the headers of Node from nodejs.org unless told that they stand beside this Node. */
function npmEnvironment(env, nodePath) {
  const prefix = dirname(dirname(nodePath));
  const hasHeaders = existsSync(join(prefix, 'include/node/node.h'));
  return hasHeaders ? { npm_config_nodedir: prefix, ...env } : env;
}
