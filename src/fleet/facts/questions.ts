/**
 * What the office knows of its fleet, as answers: the page, its JSON and `ferryman fleet` show nothing else. Plain values, no rows.
 *
 * Times are milliseconds since 1970 in keys `at`, `…At`, `…Until` (`asJson` writes them as RFC 3339). `heardAt`, `receivedAt` and the like are by the
 * clock of the proxy; keys with `node` in them (`nodeAt`, `nodeFinishedAt`) by the node's, which may be wrong. A digest is 128 hex digits.
 */
import type { NodeQuery, Page } from '../node-query.ts';
import type { KeyContents, NodeFacts, NodeHeard, NodeLine, NodeName, NodesPage } from './node.ts';
import type { Freshness, Need, Overview } from './overview.ts';
import type { RoadLine, RoadQuery, RoadsPage } from './roads.ts';
import type { UpdateFacts, UpdatesPage } from './update.ts';

/** What can be asked. Reads only. Every promise can be rejected with `fleet.unreachable`, the database being away. */
export interface FleetQuestions {
  overview(nowMs: number): Promise<Overview>;
  /** How old all that is known is; quicker than the overview, which has it too. */
  freshness(nowMs: number): Promise<Freshness>;
  /** @throws FerrymanError `fleet.unknown`: no update of that sequence or digest, when the query names one */
  nodes(query: NodeQuery, nowMs: number): Promise<NodesPage>;
  /** The same for a list that may be long. @param query its size may be any */
  nodesInTurn(query: NodeQuery, nowMs: number): Promise<InTurn<NodeLine>>;
  /** When every node was heard, by GUID: what programs that draw time look at. */
  nodesHeard(): Promise<readonly NodeHeard[]>;
  /** @param who its GUID, a beginning of it of 4 digits or more, or its name. @throws FerrymanError `fleet.unknown`, `fleet.ambiguous` */
  node(who: string, nowMs: number): Promise<NodeFacts>;
  updates(page: Page): Promise<UpdatesPage>;
  /** @param which its sequence, or a beginning of its digest of 8 digits or more. @throws FerrymanError `fleet.unknown`, `fleet.ambiguous` */
  update(which: string, nowMs: number): Promise<UpdateFacts>;
  roads(query: RoadQuery): Promise<RoadsPage>;
  /** The same for a list that may be long. @param query its size may be any */
  roadsInTurn(query: RoadQuery): Promise<InTurn<RoadLine>>;
  /** All of it, the worst first; the overview has the beginning. */
  needsPerson(nowMs: number): Promise<readonly Need[]>;
  /** What to put on a USB key for a node. @throws as `node` */
  keyFor(who: string, nowMs: number): Promise<KeyContents>;
}

/** A list in portions: one at a time is in memory, and whoever else asks is answered between them. */
export interface InTurn<Line> {
  /** Of all that the query means, on this page or not. */
  readonly total: number;
  /** To be walked through once. @throws FerrymanError `fleet.unreachable` and others, between portions too */
  readonly portions: AsyncIterable<readonly Line[]>;
}

/** What people tell the office about its nodes. @throws FerrymanError as `FleetQuestions.node` */
export interface FleetChanges {
  /**
   * All of the words or, when one is refused, none.
   *
   * @throws FerrymanError `fleet.name`: not printable, too long, another node's name, or one that could be the beginning of a GUID
   */
  describe(who: string, words: NodeWords): Promise<NodeName>;
  /** Nothing is expected of the node until then. @param untilMs `null`: it is expected again */
  pause(who: string, untilMs: number | null): Promise<NodeName>;
}

/** What people call a node; what is left out stays as it is, `''` takes it away. */
export interface NodeWords {
  readonly name?: string;
  readonly place?: string;
  readonly note?: string;
}
