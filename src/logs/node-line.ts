/** What the node tells of itself beside its logs: the line of `node.jsonl`. It is in every archive, and never the reason for one. */
import { statfsSync } from 'node:fs';
import { version } from '../command-line/version.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { formatNodeFacts } from '../parcel/node-facts.ts';

export interface TellingNode {
  readonly layout: Layout;
  readonly config: Config;
  readonly ledger: Ledger;
}

/** @returns the line with its line feed */
export function nodeLine({ layout, config, ledger }: TellingNode): string {
  const { bsize, bavail, blocks } = statfsSync(layout.state);
  const waiting = ledger.logArchives.waiting();
  const facts = {
    version,
    groups: [...new Set(config.node.groups)].toSorted(),
    baseline: config.node.baseline,
    freeBytes: bsize * bavail,
    totalBytes: bsize * blocks,
    undelivered: waiting.length,
    undeliveredBytes: waiting.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  };
  return `${formatNodeFacts(facts)}\n`;
}
