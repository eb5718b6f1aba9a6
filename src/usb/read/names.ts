/** Names on a key that are looked at; everything else there is left alone, and told. */
import { cut } from '../../command-line/columns.ts';
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';

/** The folders of a key in which parcels stand, each directly under `ferryman/`. */
export type KeyFolder = 'updates' | 'rosters' | 'acks' | 'enrolments';

export interface KeyFile {
  readonly name: string;
  /** As the key's folder tells; what is read may be less or more. */
  readonly sizeBytes?: number;
}

export interface Skipped {
  /** Fit to be printed, shortened. */
  readonly name: string;
  readonly reason: string;
}

export interface Listing {
  /** By name. */
  readonly files: readonly KeyFile[];
  readonly skipped: readonly Skipped[];
}

export interface FolderListing extends Listing {
  /** By name. */
  readonly folders: readonly string[];
}

/** One entry of a folder, as a tool tells it. */
export interface Entry extends KeyFile {
  /** `a file`, `a folder`, or what else it is: `a link`. */
  readonly kind: string;
}

const plainName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,102}[A-Za-z0-9_-])?$/;
const parcelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.zip$/;
/** Why a file is skipped for its name. */
export const strangeName = 'not a name that ferryman takes';
/** Entries of a folder that are looked at. */
export const maxEntries = 1000;
/** Of a name that is shown. */
const maxNameColumns = 100;

export function isParcelName(name: string): boolean {
  return parcelName.test(name);
}

/** A path from the root of a key, which no tool can take for something else. @throws FerrymanError the given code */
export function plainPath(path: string, code: 'usb.missing' | 'usb.write'): string {
  if (path.split('/').every((part) => plainName.test(part))) return path;
  throw new FerrymanError(code, `${printable(path)}: expected a path of plain names on the key`);
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Takes entries one by one and keeps what is a file or folder with a plain name. */
export class ListingBuilder {
  readonly #files = new Map<string, KeyFile>();
  readonly #folders = new Set<string>();
  readonly #skipped: Skipped[] = [];
  #entries = 0;

  /** False: there are too many, and no more need be read. */
  add({ kind, ...file }: Entry): boolean {
    const { name } = file;
    this.#entries += 1;
    if (this.#entries > maxEntries) {
      this.skip('…', `more than ${maxEntries} entries: the rest was not looked at`);
      return false;
    }
    if (!plainName.test(name)) this.skip(name, strangeName);
    else if (kind === 'a file') this.#files.set(name, file);
    else if (kind === 'a folder') this.#folders.add(name);
    else this.skip(name, kind);
    return true;
  }

  skip(name: string, reason: string): void {
    this.#skipped.push({ name: cut(printable(name), maxNameColumns), reason });
  }

  finish(): FolderListing {
    return {
      files: [...this.#files.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      folders: [...this.#folders].toSorted(),
      skipped: this.#skipped,
    };
  }
}
