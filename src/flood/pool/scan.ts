/**
 * What stands in a folder of archives: the files are the truth. Constant memory but for the names of one incarnation; other work gets a
 * turn all the while.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isSystemError } from '../../errors.ts';
import { isGuid } from '../../parcel/recipients.ts';
import type { LogClass } from '../../parcel/log-archive.ts';
import { isIncarnation, parseLogFileName } from '../../parcel/log-file-name.ts';
import type { SequenceRange } from '../../parcel/sequences.ts';
import type { Archive, StreamHoldings } from '../decide/archive.ts';

/** Files looked at before other work gets a turn. */
const filesPerTurn = 2000;

/** All incarnations, sorted by origin and incarnation; what has no proper name is not looked at. */
export async function* scanArchives(folder: string): AsyncGenerator<StreamHoldings> {
  for (const origin of names(folder)) if (isGuid(origin)) yield* scanOrigin(folder, origin);
}

export async function* scanOrigin(folder: string, origin: string): AsyncGenerator<StreamHoldings> {
  for (const incarnation of names(join(folder, origin))) {
    if (!isIncarnation(incarnation)) continue;
    const held = await scanIncarnation(join(folder, origin, incarnation));
    if (held.bytes > 0) yield { origin, incarnation, ...held };
  }
}

/** Every archive, with its size and when it came, by whatever clock there was. */
export async function* listArchives(
  folder: string,
): AsyncGenerator<{ readonly archive: Archive; readonly arrivedMs: number }> {
  let looked = 0;
  for (const origin of names(folder).filter(isGuid))
    for (const incarnation of names(join(folder, origin)).filter(isIncarnation)) {
      const inside = join(folder, origin, incarnation);
      for (const name of names(inside)) {
        const file = parseLogFileName(name);
        const stat = file && lstatSync(join(inside, name), { throwIfNoEntry: false });
        if (!file || !stat?.isFile()) continue;
        yield { archive: { origin, incarnation, ...file, bytes: stat.size }, arrivedMs: stat.ctimeMs };
        if ((looked += 1) % filesPerTurn === 0) await nextTurn();
      }
    }
}

async function scanIncarnation(folder: string): Promise<Omit<StreamHoldings, 'origin' | 'incarnation'>> {
  const found: Record<LogClass, RangeBuilder> = { short: new RangeBuilder(), long: new RangeBuilder() };
  let bytes = 0;
  let looked = 0;
  for (const name of names(folder)) {
    const file = parseLogFileName(name);
    const size = file ? sizeOf(join(folder, name)) : undefined;
    if (!file || size === undefined) continue;
    found[file.class].add(file.sequence);
    bytes += size;
    if ((looked += 1) % filesPerTurn === 0) await nextTurn();
  }
  return { short: found.short.ranges, long: found.long.ranges, bytes };
}

/** Makes ranges of rising sequences; of names with more than ten digits the order is another, and set right at the end. */
class RangeBuilder {
  readonly #ranges: { first: number; last: number }[] = [];

  add(sequence: number): void {
    const last = this.#ranges.at(-1);
    if (last?.last === sequence - 1) last.last = sequence;
    else this.#ranges.push({ first: sequence, last: sequence });
  }

  get ranges(): SequenceRange[] {
    return this.#ranges.toSorted((a, b) => a.first - b.first);
  }
}

/** Sorted; none where the folder is not there, or is no folder. */
function names(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function sizeOf(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}
