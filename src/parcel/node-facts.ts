/** What a node tells of itself beside its logs: the line of `node.jsonl`. Spec: docs/format.md §14. */
import { parseDocument, spellInLine, takePrintable, type DocumentKind } from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { maxNodeGroups, maxVersionBytes } from './limits.ts';
import { isGroupName } from './recipients.ts';

export interface NodeFacts {
  /** Of ferryman. */
  readonly version: string;
  /** By which updates address it, sorted. */
  readonly groups: readonly string[];
  /** Sequences up to this one came with the image; 0: none. */
  readonly baseline: number;
  /** Of the file system of /var/lib/ferryman. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Own archives that no proxy holds yet, this one not among them. */
  readonly undelivered: number;
  readonly undeliveredBytes: number;
}

const nodeFactsDocument: DocumentKind<NodeFacts> = {
  name: 'node facts',
  malformed: 'archive.node-facts',
  read: readNodeFacts,
  spell: (facts) => [formatNodeFacts(facts)],
};

/** Reads the line, without its line feed. @throws FerrymanError `archive.node-facts` */
export function parseNodeFacts(line: Buffer): NodeFacts {
  return parseDocument(line, nodeFactsDocument);
}

function readNodeFacts(object: ClosedObject): NodeFacts {
  const count = (key: string): number => object.integer(key, 0, Number.MAX_SAFE_INTEGER);
  const facts: NodeFacts = {
    version: takePrintable(object, 'version', maxVersionBytes),
    groups: takeGroups(object),
    baseline: count('baseline'),
    freeBytes: count('freeBytes'),
    totalBytes: count('totalBytes'),
    undelivered: count('undelivered'),
    undeliveredBytes: count('undeliveredBytes'),
  };
  object.end();
  return facts;
}

function takeGroups(object: ClosedObject): string[] {
  const groups = object.strings('groups', 0, maxNodeGroups);
  for (const [index, name] of groups.entries()) {
    if (!isGroupName(name)) throw object.refuse(`groups[${index}]`, 'the name of a group', name);
    if (index > 0 && name <= (groups[index - 1] ?? ''))
      throw object.refuse(`groups[${index}]`, 'sorted names, none twice', name);
  }
  return groups;
}

/** The line, without a line feed. */
export function formatNodeFacts(facts: NodeFacts): string {
  const { version, groups, baseline, freeBytes, totalBytes, undelivered, undeliveredBytes } = facts;
  return spellInLine({ version, groups, baseline, freeBytes, totalBytes, undelivered, undeliveredBytes });
}
