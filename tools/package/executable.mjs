/**
 * Makes build/ferryman: Node with our program and better-sqlite3's native module inside ("single executable
 * application"), and beside it the link by which it is sign-update.
 *
 * It is tried once before it takes its name: a Node that takes the program in but does not start it is no success.
 */
import { chmodSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildFailure } from '../build/build-failure.mjs';
import { EXECUTABLE_BUNDLE } from '../build/bundles.mjs';
import { makeBundle } from '../build/make-bundle.mjs';
import { copyrightText } from './copyright.mjs';
import { copyNativeModule, copyNode } from './machine-code.mjs';
import { runTool } from './run-tool.mjs';

/** Node looks for its program in this note, once this fuse in it is set. Both are part of Node's interface. */
const NOTE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** @returns lines that say what was made. @throws BuildFailure */
export async function buildExecutable({ root, output, scratch, version }) {
  const program = join(scratch, 'ferryman');
  copyNode(program);
  const files = await makeBundle(root, EXECUTABLE_BUNDLE);
  inject(program, makeBlob({ root, scratch, code: files[0].code }));
  chmodSync(program, 0o755);
  tryOut(program, version);

  writeFileSync(join(scratch, 'copyright'), copyrightText(root, files));
  symlinkSync('ferryman', join(scratch, 'sign-update'));
  renameSync(join(scratch, 'copyright'), join(output, 'ferryman.copyright'));
  renameSync(program, join(output, 'ferryman'));
  rmSync(join(output, 'sign-update'), { force: true });
  renameSync(join(scratch, 'sign-update'), join(output, 'sign-update'));
  const megabytes = (statSync(join(output, 'ferryman')).size / 1e6).toFixed(1);
  return [`build/ferryman: ${version}, ${process.arch}, ${megabytes} MB; build/sign-update links to it`];
}

/** @returns the path of what goes into Node */
function makeBlob({ root, scratch, code }) {
  const path = (name) => join(scratch, name);
  writeFileSync(path('executable.cjs'), code);
  copyNativeModule(root, path('better_sqlite3.node'));
  const config = {
    main: 'executable.cjs', // the blob holds this name: a path of this machine would make it another blob elsewhere
    output: 'blob',
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false, // it saves nothing measurable here, and differs from build to build
    assets: { 'better_sqlite3.node': 'better_sqlite3.node' },
  };
  writeFileSync(path('config.json'), JSON.stringify(config));
  runTool(process.execPath, ['--experimental-sea-config', 'config.json'], { cwd: scratch });
  return path('blob');
}

/** By postject's command, whose warnings about Node's many notes mean nothing: they are shown only when it fails. */
function inject(program, blob) {
  const postject = fileURLToPath(import.meta.resolve('postject/dist/cli.js'));
  runTool(process.execPath, [postject, program, NOTE, blob, '--sentinel-fuse', FUSE]);
}

function tryOut(program, version) {
  const said = runTool(program, ['--version']).trim();
  if (said === version) return;
  throw new BuildFailure(
    `the made executable says it is version "${said}", expected ${version}`,
    'see tools/executable/main.ts, and whether this Node supports single executables',
  );
}
