/** Versions of ferryman for tests: the built programs with another number, and perhaps something broken in them. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programs } from '../kit/kiosk.ts';

const dist = dirname(programs);

/** All the files of a version, below `new/`, as an update carries them. @param change of the code of any file, by its name */
export function versionFiles(
  version: string,
  change: (name: string, code: string) => string = (_name, code) => code,
): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const name of filesOf(dist).filter((each) => each.endsWith('.js'))) {
    const code = readFileSync(join(dist, name), 'utf8').replace('version: "0.1.0"', `version: "${version}"`);
    files[`new/${name}`] = Buffer.from(change(name, code));
  }
  for (const name of ['better-sqlite3', 'bindings', 'file-uri-to-path']) {
    const folder = realpathSync(join(dist, '../node_modules', name));
    const kept = filesOf(folder).filter((each) =>
      /^(package\.json|index\.js|bindings\.js|lib\/.*|build\/Release\/better_sqlite3\.node)$/.test(each),
    );
    for (const each of kept) files[`new/node_modules/${name}/${each}`] = readFileSync(join(folder, each));
  }
  return files;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}
