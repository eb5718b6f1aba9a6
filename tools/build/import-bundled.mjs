/** Lets a tool in plain JavaScript call functions of the project, which are TypeScript: they are bundled in memory and imported. */
import { rolldown } from 'rolldown';

/** What the module at `input` (a path below `root`) exports. The code of commands, which is imported lazily, is left out. */
export async function importBundled(root, input) {
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    plugins: [
      { name: 'nothing lazy', resolveDynamicImport: (specifier) => ({ id: specifier, external: true }) },
    ],
  });
  try {
    const { output } = await build.generate({ format: 'es' });
    const source = Buffer.from(output[0].code).toString('base64');
    return await import(`data:text/javascript;base64,${source}`);
  } finally {
    await build.close();
  }
}
