/**
 * Makes the manual pages in memory. The tables that they are made from are TypeScript, so they are bundled first; the
 * commands' own code is left out, as an import by name that is never made.
 */
import { rolldown } from 'rolldown';

/** Files for dist/: `{ path, code, mode }`. */
export async function makeManPages(root, version) {
  const build = await rolldown({
    input: 'tools/man-pages/pages.ts',
    cwd: root,
    platform: 'node',
    plugins: [
      { name: 'tables only', resolveDynamicImport: (specifier) => ({ id: specifier, external: true }) },
    ],
  });
  try {
    const { output } = await build.generate({ format: 'es' });
    const source = Buffer.from(output[0].code).toString('base64');
    const { manualPages } = await import(`data:text/javascript;base64,${source}`);
    return manualPages(version).map(({ name, text }) => ({ path: `man/${name}`, code: text, mode: 0o644 }));
  } finally {
    await build.close();
  }
}
