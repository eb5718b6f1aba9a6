/** `archives.tsv` of a node: each number of each incarnation, what became of it, and which stretches of which files are of it. Made from the index. */
import { join } from 'node:path';
import { writeFileSync, renameSync, mkdirSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { partPath } from '../../durable/write-file.ts';
import { formatRange, normaliseRanges, type SequenceRange } from '../../parcel/sequences.ts';
import { subtract } from '../../parcel/sequence-sets.ts';
import type { ProxyIndex } from '../index/proxy-index.ts';
import type { ProxyPlaces } from '../places.ts';

const heading = [
  'incarnation',
  'sequence',
  'state',
  'class',
  'bytes',
  'created',
  'received',
  'digest',
  'files',
];

interface Line {
  readonly first: number;
  readonly text: string;
}

/** Not synced: it can be made again at any time. */
export function writeArchivesTable(places: ProxyPlaces, index: ProxyIndex, origin: string): void {
  const lines = index.archives
    .incarnationsOf(origin)
    .flatMap(({ id, incarnation }) =>
      [...heldLines(index.database, id), ...absentLines(index, id)]
        .toSorted((a, b) => a.first - b.first)
        .map(({ text }) => `${incarnation}\t${text}\n`),
    );
  const folder = join(places.unpacked, origin);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const path = join(folder, 'archives.tsv');
  const part = partPath(path);
  writeFileSync(part, `${heading.join('\t')}\n${lines.join('')}`, { mode: 0o640 });
  renameSync(part, path);
}

interface HeldRow {
  readonly sequence: number;
  readonly class: string;
  readonly bytes: number;
  readonly created: string;
  readonly receivedAt: string;
  readonly state: string;
  readonly digest: Buffer;
  /** `path:bytes`, one after another; the order of paths is that in which they first came. */
  readonly files: string | null;
}

function* heldLines(database: Database, of: number): Generator<Line> {
  const rows = database
    .prepare<[number, number], HeldRow>(
      `SELECT archives.sequence, class, archives.bytes, created, received_at AS receivedAt, state, digest, files FROM archives
       LEFT JOIN (SELECT sequence, group_concat(paths.path || ':' || segments.bytes, ' ') AS files
         FROM segments JOIN paths ON paths.id = segments.path WHERE paths.of = ? GROUP BY sequence) AS added USING (sequence)
       WHERE archives.of = ? ORDER BY archives.sequence`,
    )
    .iterate(of, of);
  for (const { sequence, state, class: kind, bytes, created, receivedAt, digest, files } of rows) {
    const cells = [sequence, state, kind, bytes, created, receivedAt, digest.toString('hex'), files ?? ''];
    yield { first: sequence, text: cells.join('\t') };
  }
}

function absentLines({ coverage, archives }: ProxyIndex, of: number): Line[] {
  const here = normaliseRanges(
    [...archives.sequences(of)].map((sequence) => ({ first: sequence, last: sequence })),
  );
  const newest = here.at(-1)?.last ?? 0;
  const lost = subtract(coverage.voids.all(of), here);
  const unknown = subtract(
    newest === 0 ? [] : [{ first: 1, last: newest }],
    normaliseRanges([...here, ...lost]),
  );
  return [...unknown.map((range) => line(range, 'not-here')), ...lost.map((range) => line(range, 'lost'))];
}

function line(range: SequenceRange, state: string): Line {
  return { first: range.first, text: [formatRange(range), state, '', '', '', '', '', ''].join('\t') };
}
