/** The copy of the configuration that a node falls back to: see `configAtWork`. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sweepParts, writeDurably } from '../durable/write-file.ts';
import { readConfig } from './config/read-config.ts';
import { readKept } from './config.ts';
import type { Layout } from './layout.ts';

/**
 * Keeps a copy of the configuration that is at work, unless it is kept already. For the holder of the lock.
 *
 * @throws system errors
 */
export function keepConfig(layout: Layout): void {
  const bytes = readFileSync(layout.configFile);
  if (readKept(layout)?.equals(bytes)) return;
  // It was in order a moment ago; of a person who writes it just now not half is kept.
  if (!readConfig(bytes.toString(), layout.root).config) return;
  sweepParts(dirname(layout.keptConfigFile));
  writeDurably(layout.keptConfigFile, bytes, { mode: 0o600, existing: 'replace' });
}
