/**
 * What a neighbour is told of what is here. The daemon keeps it ready as a file in the offer; where there is none yet, the folders are
 * looked through, which with 100,000 archives takes a second.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { isSystemError } from '../errors.ts';
import { summaryName } from '../flood/summary-name.ts';
import type { Role } from '../parcel/recipients.ts';

/** This node. */
export interface Who {
  readonly node: string;
  readonly role: Role;
}

/**
 * Compressed, because GUIDs of a hundred origins are more than all else that a contact without news carries.
 *
 * @param offer folder that the neighbour may fetch from
 * @returns one line with its line feed, by gzip
 */
export async function packSummary(offer: string, who: Who): Promise<Buffer> {
  return gzipSync(await readSummary(offer, who), { level: 9 });
}

async function readSummary(offer: string, who: Who): Promise<string> {
  try {
    return readFileSync(join(offer, summaryName), 'utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    return scanSummary(offer, who);
  }
}

/** Acknowledgements and the roster are left out: their names in a summary stand inside of them, and only the daemon has proven them. */
async function scanSummary(offer: string, { node, role }: Who): Promise<string> {
  const { scanArchives } = await import('../flood/pool/scan.ts');
  const { formatSummary } = await import('../parcel/summary.ts');
  const { fitLogs } = await import('../parcel/summary-room.ts');
  const logs = [];
  for await (const held of scanArchives(join(offer, 'logs'))) logs.push(held);
  const updates = names(join(offer, 'updates'))
    .flatMap((name) => /^([0-9a-f]{128})\.zip$/.exec(name)?.[1] ?? [])
    .toSorted();
  const told = { node, role, free: 0, roster: 0, acks: [], updates };
  const besides = formatSummary({ ...told, logs: [] }).length + 1;
  return `${formatSummary({ ...told, logs: fitLogs(logs, besides) })}\n`;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
