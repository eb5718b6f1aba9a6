/** What a node offers by its sshd alone, without a daemon: files, and a summary that names them or lies. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatSummary, type Summary } from '../../src/parcel/summary.ts';
import type { Node } from './fleet.ts';

/** What it tells of itself; left out: nothing of that kind. */
export function tells({ guid, role, layout }: Node, summary: Partial<Summary>): void {
  const nothing = { free: 0, roster: 0, acks: [], updates: [], logs: [] };
  const file = join(layout.relay, 'summary.json');
  rmSync(file, { force: true });
  writeFileSync(file, `${formatSummary({ node: guid, role, ...nothing, ...summary })}\n`, { mode: 0o444 });
}

/** @param path in the offer. @returns the file */
export function offers({ layout }: Node, path: string, contents: Buffer | string): string {
  const file = join(layout.relay, path);
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o755 });
  writeFileSync(file, contents, { mode: 0o444 });
  return file;
}
