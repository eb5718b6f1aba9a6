/** What a node tells of itself beside its logs: the line of `node.jsonl`. Spec: docs/format.md §14. */
import {
  parseDocument,
  spellInLine,
  takePrintable,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import { ClosedObject } from './closed-object.ts';
import { maxNodeGroups, maxToldVisits, maxVersionBytes, maxVisitTextBytes } from './limits.ts';
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
  /** `undefined`: a node of before does not tell. */
  readonly usb?: NodeUsb | undefined;
}

/** From which USB keys a node takes updates: `off`: from none; `pass`: with a pass of the office; `any`. */
export const usbKeyRules = ['off', 'pass', 'any'] as const;
export type UsbKeyRule = (typeof usbKeyRules)[number];

export interface NodeUsb {
  readonly keys: UsbKeyRule;
  /** The newest first. */
  readonly visits: readonly UsbVisit[];
}

export const usbVisitStates = ['reading', 'safe', 'failed', 'ignored'] as const;

export interface UsbVisit {
  /** By the node's clock; RFC 3339. */
  readonly at: string;
  readonly state: (typeof usbVisitStates)[number];
  /** By a pass that was verified; '': not known. */
  readonly technician: string;
  /** UUID of the file system; '': not known. */
  readonly volume: string;
  /** Files that were found on it, and those that were taken. */
  readonly found: number;
  readonly taken: number;
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
    ...(object.has('usb') ? { usb: takeUsb(object.object('usb')) } : {}),
  };
  object.end();
  return facts;
}

function takeUsb(object: ClosedObject): NodeUsb {
  const keys = object.oneOf('keys', usbKeyRules);
  const visits = object
    .array('visits', 0, maxToldVisits)
    .map((visit, index) => takeVisit(new ClosedObject(visit, object.path(`visits[${index}]`))));
  object.end();
  return { keys, visits };
}

function takeVisit(object: ClosedObject): UsbVisit {
  const count = (key: string): number => object.integer(key, 0, Number.MAX_SAFE_INTEGER);
  const visit = {
    at: takeTimestamp(object, 'at'),
    state: object.oneOf('state', usbVisitStates),
    technician: takePrintable(object, 'technician', maxVisitTextBytes),
    volume: takePrintable(object, 'volume', maxVisitTextBytes),
    found: count('found'),
    taken: count('taken'),
  };
  object.end();
  return visit;
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
  const { version, groups, baseline, freeBytes, totalBytes, undelivered, undeliveredBytes, usb } = facts;
  const told = { version, groups, baseline, freeBytes, totalBytes, undelivered, undeliveredBytes };
  return spellInLine(usb === undefined ? told : { ...told, usb: spellUsb(usb) });
}

function spellUsb({ keys, visits }: NodeUsb): NodeUsb {
  return {
    keys,
    visits: visits.map(({ at, state, technician, volume, found, taken }) => ({
      at,
      state,
      technician,
      volume,
      found,
      taken,
    })),
  };
}
