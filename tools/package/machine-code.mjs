/**
 * The two files of machine code that a package carries: the Node that builds it and better-sqlite3's native module,
 * both without debugging symbols. They bind the package to the architecture that it is built on.
 */
import { chmodSync, copyFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { BuildFailure } from '../build/build-failure.mjs';
import { runTool } from './run-tool.mjs';

export const NATIVE_MODULE = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';

/** Debian's names of the architectures that Node runs on. */
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64', arm: 'armhf', ppc64: 'ppc64el', s390x: 's390x' };

/** Writes Node, stripped, to `target`. Native modules find its functions in the dynamic symbols, which stay. */
export function copyNode(target) {
  copyStripped(realpathSync(process.execPath), target, 0o755);
}

/** Writes the native module, stripped, to `target`. */
export function copyNativeModule(root, target) {
  copyStripped(join(root, NATIVE_MODULE), target, 0o644);
}

/** The architecture of the running Node, as Debian calls it. @throws BuildFailure when dpkg is of another one */
export function debianArchitecture() {
  const ofDpkg = runTool('dpkg', ['--print-architecture']).trim();
  if (ARCHITECTURES[process.arch] !== ofDpkg) {
    throw new BuildFailure(
      `Node is for ${process.arch}, this Debian is for ${ofDpkg}: expected the same`,
      'build with a Node of the architecture that the package is for, on that architecture',
    );
  }
  return ofDpkg;
}

function copyStripped(source, target, mode) {
  copyFileSync(source, target);
  chmodSync(target, 0o755);
  runTool('strip', ['--strip-unneeded', '--remove-section=.comment', '--remove-section=.note', target]);
  chmodSync(target, mode);
}
