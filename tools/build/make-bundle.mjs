/**
 * Makes one bundle in memory: TypeScript in, CommonJS for Node 20 out. Writes nothing.
 *
 * Not ES modules: Node 20 takes 5 ms longer to start with them, which is a fifth of its own start. docs/decisions/0020.
 *
 * rolldown takes an import that it cannot resolve for one that will be there at run time, and only warns. Here it is a
 * failure, and so is any import in the output that the bundle's table does not list.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { BuildFailure } from './build-failure.mjs';
import { rawText } from './raw-text.mjs';
import { refusedImports } from './refused-imports.mjs';

/**
 * The files of a bundle: `{ path, code, mode, modules }`, paths relative to dist/, `modules` the sources inside.
 *
 * @throws BuildFailure for a missing entry, an import that does not resolve, one that is not allowed, a syntax error
 */
export async function makeBundle(root, bundle) {
  for (const source of Object.values(bundle.entries)) {
    if (!existsSync(join(root, source))) {
      throw new BuildFailure(
        `entry ${source} does not exist`,
        'write it, or change the table in tools/build/bundles.mjs',
      );
    }
  }
  const chunks = await chunksOf(root, bundle);
  if (bundle.oneFile && chunks.length !== 1) {
    throw new BuildFailure(
      `${Object.keys(bundle.entries).join(', ')}: expected one file, got ${chunks.map((chunk) => chunk.fileName).join(', ')}`,
      'see why rolldown split it: tools/build/make-bundle.mjs turns code splitting off',
    );
  }
  for (const chunk of chunks) refuseOtherImports(chunk, bundle);
  return chunks.map((chunk) => toFile(chunk, bundle));
}

async function chunksOf(root, bundle) {
  const build = await rolldown({
    input: bundle.entries,
    cwd: root,
    platform: 'node',
    plugins: [rawText()],
    external: bundle.packages,
    resolve: { alias: absolute(bundle.aliases ?? {}, root) },
    // Nobody imports an entry, so it may carry more than its own names: groups ask for this.
    preserveEntrySignatures: 'allow-extension',
    transform: { target: 'node20' },
    onLog(level, log) {
      if (log.code === 'UNRESOLVED_IMPORT') {
        throw new BuildFailure(log.message, 'correct the path, or add the package to the dependencies');
      }
      if (level === 'warn') console.error(`build: warning: ${log.message}`);
    },
  });
  try {
    const { output } = await build.generate({
      format: 'cjs',
      strict: true, // as the sources are
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
      comments: { legal: true, annotation: false, jsdoc: false },
      codeSplitting: bundle.groups
        ? { groups: bundle.groups, includeDependenciesRecursively: false }
        : !bundle.oneFile,
    });
    return output;
  } finally {
    await build.close();
  }
}

function absolute(aliases, root) {
  return Object.fromEntries(Object.entries(aliases).map(([name, path]) => [name, join(root, path)]));
}

function refuseOtherImports(chunk, bundle) {
  for (const specifier of refusedImports(chunk, bundle)) {
    const allowed = ['what is part of Node', ...bundle.packages].join(' and ');
    throw new BuildFailure(
      `${chunk.fileName} imports ${specifier}, expected only ${allowed}`,
      'import by a literal name, so that it can be bundled; the table in tools/build/bundles.mjs says what may stay',
    );
  }
}

function toFile(chunk, bundle) {
  const isCommand = chunk.isEntry && bundle.commands.includes(chunk.name);
  const shebang = isCommand && !chunk.code.startsWith('#!') ? '#!/usr/bin/env node\n' : '';
  return {
    path: chunk.fileName,
    code: shebang + inAscii(chunk.code),
    mode: isCommand ? 0o755 : 0o644,
    modules: chunk.moduleIds,
  };
}

/**
 * Reading, parsing and holding it takes half as much: one character that is not ASCII makes V8 keep the whole file in two bytes for each.
 * The same program, since comments are gone: an escape means the character in texts, templates and expressions alike.
 */
function inAscii(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
