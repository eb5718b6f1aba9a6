/** What the node tells of itself beside its logs: the line of `node.jsonl`. It is in every archive, and never the reason for one. */
import { statfsSync } from 'node:fs';
import { version } from '../command-line/version.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import { maxToldVisits, maxVisitTextBytes } from '../parcel/limits.ts';
import { formatNodeFacts, type UsbKeyRule, type UsbVisit } from '../parcel/node-facts.ts';
import { printable } from '../parcel/printable.ts';
import type { VisitRow } from '../ledger/rows.ts';

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
    usb: {
      keys: ruleOf(config.usb),
      visits: ledger.usb.lastVisits(maxToldVisits).map((visit) => told(visit, ledger)),
    },
  };
  return `${formatNodeFacts(facts)}\n`;
}

function ruleOf({ enabled, requirePass }: Config['usb']): UsbKeyRule {
  if (!enabled) return 'off';
  return requirePass ? 'pass' : 'any';
}

function told({ id, startedAt, state, technician, volume }: VisitRow, { usb }: Ledger): UsbVisit {
  const files = usb.files(id);
  return {
    at: startedAt,
    state,
    technician: shortened(technician ?? ''),
    volume: shortened(volume ?? ''),
    found: files.length,
    taken: files.filter(({ code }) => code === null).length,
  };
}

/** A key may bear anything as its name. */
function shortened(text: string): string {
  const characters = Array.from(printable(text));
  while (Buffer.byteLength(characters.join('')) > maxVisitTextBytes) characters.pop();
  return characters.join('');
}
