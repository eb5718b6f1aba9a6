/**
 * The names that a parcel may hold: plain relative paths that mean the same on every machine.
 * Spec: docs/format.md §5.
 */
import { FerrymanError } from '../errors.ts';
import { maxPathBytes, maxPathDepth } from './limits.ts';
import { printable } from './printable.ts';

/**
 * A part of a path: printable ASCII without slash and backslash, not beginning with a space, not ending with a space or a
 * dot. So it is neither empty nor `.` nor `..`.
 */
const part = String.raw`(?! )[ -.0-\[\]-~]*[!-\-0-\[\]-~]`;
const plainPath = new RegExp(`^(?![A-Za-z]:)${part}(?:/${part}){0,${maxPathDepth - 1}}$`);

/**
 * Checks one path as it stands in a zip header or a manifest and returns it as text.
 *
 * @throws FerrymanError `zip.bad-name`
 */
export function checkPath(raw: Buffer | string): string {
  const path = typeof raw === 'string' ? raw : raw.toString('latin1');
  if (path.length <= maxPathBytes && plainPath.test(path)) return path;
  const bytes = Buffer.from(raw as string);
  const shown = printable(JSON.stringify(bytes.toString('utf8').slice(0, 80)));
  throw new FerrymanError('zip.bad-name', `file name ${shown}: expected ${whatIsWrong(bytes)}`);
}

/** The rule that a bad path breaks, in words. */
function whatIsWrong(bytes: Buffer): string {
  if (bytes.length === 0) return 'a name';
  if (bytes.length > maxPathBytes) return `at most ${maxPathBytes} bytes, found ${bytes.length}`;
  const path = bytes.toString('latin1');
  if (!/^[\x20-\x5b\x5d-\x7e]*$/.test(path)) return 'printable ASCII without backslash';
  if (/^[A-Za-z]:/.test(path)) return 'a relative path, found a drive letter';
  const segments = path.split('/');
  if (segments.length > maxPathDepth) return `at most ${maxPathDepth} levels, found ${segments.length}`;
  const special = segments.find((segment) => ['', '.', '..'].includes(segment));
  if (special !== undefined) return `a plain relative path, found the part "${special}"`;
  return 'no part that begins or ends with a space, or ends with a dot';
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
    // From the inside out: the folders around one that is known are known too.
    for (let slash = folded.lastIndexOf('/'); slash !== -1; slash = folded.lastIndexOf('/', slash - 1)) {
      const folder = folded.slice(0, slash);
      if (this.#folders.has(folder)) return;
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
