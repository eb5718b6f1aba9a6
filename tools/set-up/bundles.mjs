/** The bundles in dist/: whether they were made from the sources as they are now, and making them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FINGERPRINT_FILE, sourceFingerprint } from '../build/source-fingerprint.mjs';
import { runVisibly } from './run-visibly.mjs';
import { SetUpFailure } from './set-up-failure.mjs';

/** True when dist/ was made from exactly these sources. */
export function areBundlesMade(root) {
  const builtFrom = join(root, 'dist', FINGERPRINT_FILE);
  return existsSync(builtFrom) && readFileSync(builtFrom, 'utf8').trim() === sourceFingerprint(root);
}

/** @throws SetUpFailure with what the build said */
export async function makeBundles(root, { nodePath, env, say, signal }) {
  const build = await runVisibly([nodePath, 'tools/build/main.mjs'], { cwd: root, env, say, signal });
  if (!build.ok)
    throw new SetUpFailure(`the build failed:\n${build.output}`, 'correct the sources, then start again');
}
