/** What the package gives to the system around ferryman: its service, manual pages, and completion for three shells. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importBundled } from '../build/import-bundled.mjs';
import { runTool } from './run-tool.mjs';

const COMPLETIONS = {
  bash: (command) => `usr/share/bash-completion/completions/${command}`,
  zsh: (command) => `usr/share/zsh/vendor-completions/_${command}`,
  fish: (command) => `usr/share/fish/vendor_completions.d/${command}.fish`,
};

/** Takes the pages from dist/man, and has each of `commands` print its completions. */
export async function addSurroundings(root, tree, commands) {
  const { serviceFiles } = await importBundled(root, 'tools/package/service-files.ts');
  for (const { path, text, mode } of serviceFiles) {
    put(join(tree, path), text);
    chmodSync(join(tree, path), mode);
  }
  const pages = join(root, 'dist/man');
  for (const name of readdirSync(pages))
    put(
      join(tree, 'usr/share/man/man1', `${name}.gz`),
      gzipSync(readFileSync(join(pages, name)), { level: 9 }),
    );
  for (const command of commands)
    for (const [shell, pathOf] of Object.entries(COMPLETIONS))
      put(join(tree, pathOf(command)), runTool(join(root, 'dist/bin', command), ['completion', shell]));
}

function put(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
