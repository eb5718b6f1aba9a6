/** The files of a parcel as its manifest lists them: `files`, always the last key. Spec: docs/format.md §6. */
import type { Mode } from './canonical-zip.ts';
import { ClosedObject } from './closed-object.ts';
import * as limits from './limits.ts';
import { checkPath } from './path.ts';

export interface ManifestFile {
  readonly path: string;
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly mode: Mode;
}

/** @throws FieldError; FerrymanError `zip.bad-name` */
export function takeFiles(object: ClosedObject, min: number, max: number): ManifestFile[] {
  const files = object.array('files', min, max).map((value, index) => {
    const file = new ClosedObject(value, object.path(`files[${index}]`));
    const path = checkPath(file.string('path'));
    const size = file.integer('size', 0, limits.maxContentBytes);
    const sha256 = file.string('sha256');
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw file.refuse('sha256', '64 lower-case hex digits', sha256);
    const mode: Mode = file.oneOf('mode', ['0644', '0755']) === '0755' ? 0o755 : 0o644;
    file.end();
    return { path, size, sha256, mode };
  });
  for (const [index, { path }] of files.entries()) {
    // Paths are ASCII: texts compare as their bytes do.
    const previous = files[index - 1];
    if (previous && previous.path >= path) {
      throw object.refuse(
        `files[${index}].path`,
        `paths sorted byte by byte, each once, so one after "${previous.path}"`,
        path,
      );
    }
  }
  return files;
}

/** Files that are written at a time: a manifest of thousands takes megabytes, and need not be in memory twice to be compared. */
const filesPerPiece = 500;

/**
 * The canonical spelling of a manifest that lists files, in pieces.
 *
 * @param ordered its keys in the order of the format, the last of them `files`, an empty list
 */
export function* piecesOfListing(ordered: object, files: readonly ManifestFile[]): Generator<string> {
  const head = JSON.stringify(ordered, null, 2);
  if (files.length === 0) {
    yield `${head}\n`;
    return;
  }
  yield head.slice(0, -']\n}'.length);
  for (let first = 0; first < files.length; first += filesPerPiece)
    yield (first === 0 ? '\n' : ',\n') + formatFiles(files.slice(first, first + filesPerPiece));
  yield '\n  ]\n}\n';
}

/** Some files as they stand in the list of a manifest, without what stands around them. */
function formatFiles(some: readonly ManifestFile[]): string {
  const files = some.map(({ path, size, sha256, mode }) => ({
    path,
    size,
    sha256,
    mode: mode === 0o755 ? '0755' : '0644',
  }));
  return JSON.stringify({ files }, null, 2).slice('{\n  "files": [\n'.length, -'\n  ]\n}'.length);
}
