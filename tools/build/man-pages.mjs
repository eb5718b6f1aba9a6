/** Makes the manual pages in memory, from the tables of commands. */
import { importBundled } from './import-bundled.mjs';

/** Files for dist/: `{ path, code, mode }`. */
export async function makeManPages(root, version) {
  const { manualPages } = await importBundled(root, 'tools/man-pages/pages.ts');
  return manualPages(version).map(({ name, text }) => ({ path: `man/${name}`, code: text, mode: 0o644 }));
}
