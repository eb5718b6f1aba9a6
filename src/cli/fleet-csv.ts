/** Lists of the fleet as CSV (RFC 4180). Pure. */
import { formatTimestamp } from '../parcel/timestamp.ts';
import type { NodeLine, RoadLine, UpdateLine } from '../fleet/facts.ts';
import { resultStates } from '../fleet/states.ts';

type Cell = string | number | null;

export function nodesCsv(nodes: readonly NodeLine[]): string {
  return csv(nodes, {
    guid: ({ guid }) => guid,
    name: ({ name }) => name,
    role: ({ role }) => role,
    place: ({ place }) => place,
    groups: ({ groups }) => groups.join(' '),
    state: ({ state }) => state,
    heard: ({ heardAt }) => time(heardAt),
    road: ({ heardRoad }) => heardRoad,
    rhythm_seconds: ({ rhythmSeconds }) => rhythmSeconds,
    paused_until: ({ pausedUntil }) => time(pausedUntil),
    newest_sequence: ({ newestSequence }) => newestSequence,
    behind: ({ behind }) => behind,
    failures: ({ failures }) => failures,
    archives_absent: ({ absent }) => absent,
    archives_lost: ({ lost }) => lost,
    archives_undelivered: ({ undelivered }) => undelivered,
    version: ({ version }) => version,
    disk_free_bytes: ({ diskFreeBytes }) => diskFreeBytes,
    disk_total_bytes: ({ diskTotalBytes }) => diskTotalBytes,
    clock_offset_seconds: ({ clockOffsetSeconds }) => clockOffsetSeconds,
    update: ({ result }) => result?.sequence ?? null,
    update_state: ({ result }) => result?.state ?? null,
    update_reason: ({ result }) => result?.reason ?? null,
    update_exit_status: ({ result }) => result?.exitStatus ?? null,
    update_last_line: ({ result }) => result?.lastLine ?? null,
  });
}

export function updatesCsv(updates: readonly UpdateLine[]): string {
  return csv(updates, {
    sequence: ({ sequence }) => sequence,
    digest: ({ digest }) => digest,
    title: ({ title }) => title,
    bytes: ({ bytes }) => bytes,
    created: ({ created }) => created,
    published: ({ publishedAt }) => time(publishedAt),
    nodes: ({ total }) => total,
    ...Object.fromEntries(resultStates.map((state) => [state, ({ counts }: UpdateLine) => counts[state]])),
  });
}

export function roadsCsv(roads: readonly RoadLine[]): string {
  return csv(roads, {
    node: ({ node }) => node.guid,
    node_name: ({ node }) => node.name,
    peer: ({ peer }) => peer.guid,
    peer_name: ({ peer }) => peer.name,
    peer_role: ({ peerRole }) => peerRole,
    contacts: ({ contacts }) => contacts,
    bytes_in: ({ bytesIn }) => bytesIn,
    bytes_out: ({ bytesOut }) => bytesOut,
    parcels_in: ({ parcelsIn }) => parcelsIn,
    seconds: ({ seconds }) => seconds,
    first: ({ firstNodeAt }) => time(firstNodeAt),
    last: ({ lastNodeAt }) => time(lastNodeAt),
    every_days: ({ everyDays }) => everyDays,
  });
}

function csv<Row>(rows: readonly Row[], columns: Readonly<Record<string, (row: Row) => Cell>>): string {
  const lines = [Object.keys(columns), ...rows.map((row) => Object.values(columns).map((read) => read(row)))];
  return lines.map((cells) => `${cells.map(field).join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula gets a quote in front: nodes write what they like. */
function field(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function time(at: number | null): string | null {
  if (at === null || Math.abs(at) > 8.64e15) return null;
  return formatTimestamp(at);
}
