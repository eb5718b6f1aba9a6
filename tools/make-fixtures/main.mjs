/**
 * `node tools/make-fixtures/main.mjs`: writes every parcel in fixtures/parcels/ anew from the script of its name, and the traces in fixtures/traces/.
 *
 * Node 20 does not read TypeScript, so the scripts are bundled into a scratch folder first, each under its own name.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '../..');
const PARCELS = join(ROOT, 'fixtures/parcels');

// Inside the repository, so that what is not bundled is still found in node_modules.
const scratch = mkdtempSync(join(ROOT, 'node_modules/.make-fixtures-'));
try {
  await bundle(scratch);
  const { makeParcels } = await import(pathToFileURL(join(scratch, 'make.js')).href);
  removeParcels();
  console.log(`${await makeParcels(PARCELS)} parcels in fixtures/parcels`);
  const { makeTraces } = await import(pathToFileURL(join(scratch, 'traces.js')).href);
  for (const [name, text] of makeTraces()) writeFileSync(join(ROOT, 'fixtures/traces', name), text);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function bundle(folder) {
  const scripts = readdirSync(PARCELS).filter((name) => name.endsWith('.ts'));
  const build = await rolldown({
    input: {
      make: 'fixtures/make.ts',
      traces: 'fixtures/traces/make.ts',
      ...Object.fromEntries(
        scripts.map((name) => [`parcels/${name.slice(0, -3)}`, `fixtures/parcels/${name}`]),
      ),
    },
    cwd: ROOT,
    platform: 'node',
  });
  await build.write({
    dir: folder,
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  await build.close();
}

/** One whose script is gone goes too. */
function removeParcels() {
  for (const name of readdirSync(PARCELS)) if (name.endsWith('.zip')) rmSync(join(PARCELS, name));
}
