/** Lets a source import another file as text: `import style from './page.css?raw'`, as Vite does, so that tests and build agree. */
import { readFileSync } from 'node:fs';

const SUFFIX = '?raw';

/** A plugin of rolldown. */
export function rawText() {
  return {
    name: 'raw-text',
    async resolveId(source, importer) {
      if (!source.endsWith(SUFFIX)) return null;
      const file = await this.resolve(source.slice(0, -SUFFIX.length), importer);
      return file ? { id: `${file.id}${SUFFIX}` } : null;
    },
    load(id) {
      if (!id.endsWith(SUFFIX)) return null;
      const text = readFileSync(id.slice(0, -SUFFIX.length), 'utf8');
      return { code: `export default ${JSON.stringify(text)};`, moduleType: 'js' };
    },
  };
}
