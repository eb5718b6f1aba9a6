/**
 * `npm run build`: bundles src/ and tools/ into dist/, with the manual pages. Takes no arguments. Exit code 0 or 1.
 *
 * It does not check types (`npm run types` does). If it fails or is stopped, dist/ stays usable as it was.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildFailure } from './build-failure.mjs';
import { BUNDLES } from './bundles.mjs';
import { makeBundle } from './make-bundle.mjs';
import { makeManPages } from './man-pages.mjs';
import { publish } from './publish.mjs';
import { sourceFingerprint } from './source-fingerprint.mjs';

/** Says that the programs are CommonJS, whatever the folder around dist/ says. */
const PACKAGE = { path: 'package.json', code: '{ "type": "commonjs" }\n', mode: 0o644 };
const ROOT = join(import.meta.dirname, '../..');

try {
  await build(ROOT);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

async function build(root) {
  const fingerprint = sourceFingerprint(root);
  const files = [];
  for (const bundle of BUNDLES) files.push(...(await makeBundle(root, bundle)));
  files.push(PACKAGE, ...(await makeManPages(root, packageVersion(root))));
  const commands = BUNDLES.flatMap((bundle) => bundle.commands);
  publish(join(root, 'dist'), { files, commands, fingerprint, builder: process.pid });
}

function packageVersion(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/** rolldown's own errors carry an excerpt of the source in their message; a stack trace of the bundler adds nothing. */
function explain(error) {
  if (error instanceof BuildFailure) return `build: ${error.message}\n  ${error.hint}`;
  const failure = error.errors
    ?.map((each) => each.cause ?? each)
    .find((each) => each instanceof BuildFailure);
  return failure ? explain(failure) : `build: ${error.code || error.errors ? error.message : error.stack}`;
}
