/** The files of the Debian package, below the folder that stands for /. Documents and control files come elsewhere. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { copyNativeModule, copyNode, NATIVE_MODULE } from './machine-code.mjs';
import { addSurroundings } from './surroundings.mjs';

const HOME = 'usr/lib/ferryman';
const NODE = `${HOME}/bin/node`;
/** Commands on the PATH. */
const COMMANDS = ['ferryman', 'sign-update'];

/** What dpkg-shlibdeps looks at. */
export const MACHINE_CODE = [NODE, `${HOME}/${NATIVE_MODULE}`];

/** The npm packages that better-sqlite3 loads, with what it loads of them; its installer's packages are not among them. */
const NPM_FILES = [
  'better-sqlite3/package.json',
  'better-sqlite3/lib',
  'bindings/package.json',
  'bindings/bindings.js',
  'file-uri-to-path/package.json',
  'file-uri-to-path/index.js',
];

/** Not for a node: the demonstration, the simulator, the build's own mark, and manual pages, which have a place of their own. */
const LEFT_OUT_OF_DIST = ['demo.js', 'simulate.js', '.built-from', 'man'];

export async function fillTree(root, tree) {
  const home = join(tree, HOME);
  cpSync(join(root, 'dist'), join(home, 'dist'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !LEFT_OUT_OF_DIST.includes(basename(path)) && !basename(path).startsWith('.next-'),
  });
  writeFileSync(join(home, 'package.json'), '{ "name": "ferryman", "private": true, "type": "module" }\n');
  for (const file of NPM_FILES)
    cpSync(join(root, 'node_modules', file), join(home, 'node_modules', file), { recursive: true });
  for (const path of MACHINE_CODE) mkdirSync(dirname(join(tree, path)), { recursive: true });
  copyNode(join(tree, NODE));
  copyNativeModule(root, join(home, NATIVE_MODULE));
  for (const command of COMMANDS) addCommand(tree, command);
  cpSync(join(import.meta.dirname, 'lintian-overrides'), join(tree, 'usr/share/lintian/overrides/ferryman'));
  await addSurroundings(root, tree, COMMANDS);
  copyDocuments(root, join(tree, 'usr/share/doc/ferryman'));
}

/**
 * The command is a line of shell, so that it runs with the Node that was carried along, whatever `node` is on the PATH.
 * It finds that Node from where it stands itself, so that usr/lib/ferryman works wherever it is moved to. `dist/bin` is
 * where ferryman looks for its commands.
 */
function addCommand(tree, command) {
  const program = join(tree, HOME, 'dist', `${command}.js`);
  writeFileSync(program, readFileSync(program, 'utf8').replace(/^#!.*\n/, ''));
  chmodSync(program, 0o644);
  const starter = join(tree, HOME, 'bin', command);
  writeFileSync(starter, starterText(command));
  chmodSync(starter, 0o755);
  relink(`../../bin/${command}`, join(tree, HOME, 'dist/bin', command));
  relink(`../lib/ferryman/bin/${command}`, join(tree, 'usr/bin', command));
}

function starterText(command) {
  return `#!/bin/sh
self=$(readlink -f "$0")
home=\${self%/bin/*}
exec "$home/bin/node" "$home/dist/${command}.js" "$@"
`;
}

function relink(target, link) {
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

function copyDocuments(root, folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(join(root, 'docs')).filter((each) => each.endsWith('.md')))
    cpSync(join(root, 'docs', name), join(folder, name));
}
