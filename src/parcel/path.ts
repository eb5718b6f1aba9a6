/**
 * The names that a parcel may hold: plain relative paths that mean the same on every machine.
 * Spec: docs/format.md §5.
 */
import { FerrymanError } from '../errors.ts';
import { maxPathBytes, maxPathDepth } from './limits.ts';
import { printable } from './printable.ts';

/**
 * Checks one path as it stands in a zip header or a manifest and returns it as text.
 *
 * @throws FerrymanError `zip.bad-name`
 */
export function checkPath(raw: Buffer | string): string {
  const bytes = typeof raw === 'string' ? Buffer.from(raw) : raw;
  const refuse = (expected: string): FerrymanError => {
    const shown = printable(JSON.stringify(bytes.toString('utf8').slice(0, 80)));
    return new FerrymanError('zip.bad-name', `file name ${shown}: expected ${expected}`);
  };
  if (bytes.length === 0) throw refuse('a name');
  if (bytes.length > maxPathBytes) throw refuse(`at most ${maxPathBytes} bytes, found ${bytes.length}`);
  const path = bytes.toString('latin1');
  if (!/^[\x20-\x5b\x5d-\x7e]*$/.test(path)) throw refuse('printable ASCII without backslash');
  if (/^[A-Za-z]:/.test(path)) throw refuse('a relative path, found a drive letter');
  const segments = path.split('/');
  if (segments.length > maxPathDepth)
    throw refuse(`at most ${maxPathDepth} levels, found ${segments.length}`);
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..')
      throw refuse(`a plain relative path, found the part "${segment}"`);
    if (segment.startsWith(' ') || /[ .]$/.test(segment))
      throw refuse('no part that begins or ends with a space, or ends with a dot');
  }
  return path;
}

/** Paths that can stand together in one folder on any file system: none twice when case is ignored, none both file and folder. */
export class PathSet {
  /** Folded names to the names as they were added. */
  readonly #files = new Map<string, string>();
  readonly #folders = new Set<string>();

  /** @throws FerrymanError `zip.duplicate-name` */
  add(path: string): void {
    const folded = path.toLowerCase();
    if (this.#files.has(folded) || this.#folders.has(folded)) {
      throw new FerrymanError(
        'zip.duplicate-name',
        `file name "${path}": expected names that differ in more than case, found "${this.#files.get(folded) ?? folded}" too`,
      );
    }
    this.#files.set(folded, path);
    for (let slash = folded.indexOf('/'); slash !== -1; slash = folded.indexOf('/', slash + 1)) {
      const folder = folded.slice(0, slash);
      if (this.#files.has(folder)) {
        throw new FerrymanError(
          'zip.duplicate-name',
          `file name "${path}": expected a folder at "${folder}", found a file too`,
        );
      }
      this.#folders.add(folder);
    }
  }
}
