/**
 * `npm run fuzz [-- TARGET… --seconds N --iterations N --seed N --replay FILE]`: see docs/testing.md.
 *
 * Bundles the fuzzer and the sources with a counter in every block into a scratch folder, and runs it there. Exit code
 * 0 when nothing was found, 1 when something was, 64 for wrong arguments.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { countBlocks } from './count-blocks.mjs';

const ROOT = join(import.meta.dirname, '../..');

// Inside the repository, so that what is not bundled is still found in node_modules.
const scratch = mkdtempSync(join(ROOT, 'node_modules/.fuzz-'));
// In memory where there is such a place: some targets write a file for each input, which wears and waits on a disk.
const files = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ferryman-fuzz-'));
for (const [signal, exitCode] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => {
    cleanUp();
    process.exit(exitCode);
  });
}
try {
  const counted = await bundle(scratch);
  const { fuzz } = await import(pathToFileURL(join(scratch, 'fuzz.js')).href);
  process.exitCode = await fuzz(process.argv.slice(2), { root: ROOT, scratch, files, ...counted });
} finally {
  cleanUp();
}

function cleanUp() {
  for (const folder of [scratch, files]) rmSync(folder, { recursive: true, force: true });
}

/** Returns how many counters the sources have, and the texts in them. */
async function bundle(folder) {
  const found = { counters: 0, texts: new Set() };
  const build = await rolldown({
    input: { fuzz: 'test/fuzz/fuzz.ts', worker: 'test/fuzz/worker.ts' },
    cwd: ROOT,
    platform: 'node',
    plugins: [countBlocks(found)],
  });
  await build.write({
    dir: folder,
    format: 'es',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  await build.close();
  return { counters: found.counters, texts: [...found.texts].filter((text) => text.length < 60) };
}
