/**
 * `node tools/package/main.mjs deb|executable`: makes build/ferryman_VERSION_ARCH.deb or build/ferryman, for the
 * architecture of this machine. Expects dist/ to be made (set-up does it). Exit code 0, 1, or 64 for a wrong argument.
 *
 * What is made is the same, byte for byte, for the same sources, node_modules and Node: see docs/packaging.md.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BuildFailure } from '../build/build-failure.mjs';
import { buildDeb } from './deb.mjs';
import { buildExecutable } from './executable.mjs';

const ROOT = join(import.meta.dirname, '../..');
const EX_USAGE = 64;
const SCRATCH_PREFIX = '.next-';
const MAKERS = { deb: buildDeb, executable: buildExecutable };

const [kind] = process.argv.slice(2);
const make = MAKERS[kind];
if (make) {
  process.exitCode = await exitCodeOf(make);
} else {
  console.error(`package: expected one of ${Object.keys(MAKERS).join(', ')}, got ${kind ?? 'nothing'}`);
  process.exitCode = EX_USAGE;
}

async function exitCodeOf(maker) {
  const output = join(ROOT, 'build');
  mkdirSync(output, { recursive: true });
  sweep(output);
  const scratch = mkdtempSync(join(output, `${SCRATCH_PREFIX}${process.pid}-`));
  const stop = () => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);
  try {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const line of await maker({ root: ROOT, output, scratch, version })) console.log(line);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    console.error(`package: ${error.message}\n  ${error.hint}`);
    return 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Removes what builds that were killed have left. */
function sweep(output) {
  for (const name of readdirSync(output).filter((each) => each.startsWith(SCRATCH_PREFIX))) {
    const builder = Number.parseInt(name.slice(SCRATCH_PREFIX.length), 10);
    if (!existsSync(`/proc/${builder}`)) rmSync(join(output, name), { recursive: true, force: true });
  }
}
