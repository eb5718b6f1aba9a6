/** Silent nodes, grouped by what they have in common: when the ferry that serves ten kiosks is silent too, that is one cause. */
import { sql, type Kysely } from 'kysely';
import { counted } from '../../command-line/counted.ts';
import type { NodeName } from '../facts/node.ts';
import type { Need } from '../facts/overview.ts';
import { everyNode } from '../node-query.ts';
import type { FleetSchema } from '../store/schema.ts';
import { stateSql } from './node-state.ts';

const maxNames = 5;

/** Whom a row of `nodes` has met most often. */
export const carrierSql = sql<
  string | null
>`(select r.peer from roads r where r.node = nodes.guid order by r.contacts desc, r.peer limit 1)`;

export interface SilentNode extends NodeName {
  readonly heardAt: number;
  /** Whom it met most often. */
  readonly carrier: string | null;
}

type Served = Pick<SilentNode, 'guid' | 'heardAt' | 'carrier'>;

export async function silentNeeds(db: Kysely<FleetSchema>, nowMs: number): Promise<Need[]> {
  return groupSilent(await silentNodes(db, nowMs));
}

export function silentNodes(db: Kysely<FleetSchema>, nowMs: number): Promise<SilentNode[]> {
  return db
    .selectFrom('nodes')
    .select(['guid', 'name'])
    .select((eb) => eb.fn.coalesce('last_heard_at', eb.lit(0)).as('heardAt'))
    .select(carrierSql.as('carrier'))
    .where(stateSql(nowMs), '=', 'silent')
    .orderBy('guid')
    .execute();
}

/** Nodes that somebody among them serves: their own silence says nothing. Pure. */
export function servedByOthers(nodes: readonly Served[]): ReadonlySet<string> {
  const byGuid = new Map(nodes.map((node) => [node.guid, node]));
  return new Set(nodes.filter((node) => carrierOf(node, byGuid) !== node.guid).map(({ guid }) => guid));
}

/** Silent nodes that the line of a carrier tells of: those it serves, and itself. Pure. */
export function coveredByCarriers(silent: readonly Served[]): ReadonlySet<string> {
  const byGuid = new Map(silent.map((node) => [node.guid, node]));
  const served = silent.filter((node) => carrierOf(node, byGuid) !== node.guid);
  return new Set(served.flatMap((node) => [node.guid, carrierOf(node, byGuid)]));
}

/** A line for each silent carrier of others, and one for the rest. Pure. */
export function groupSilent(silent: readonly SilentNode[]): Need[] {
  const byGuid = new Map(silent.map((node) => [node.guid, node]));
  const groups = new Map<string, SilentNode[]>();
  for (const node of silent) {
    const carrier = carrierOf(node, byGuid);
    if (carrier !== node.guid) groups.set(carrier, [...(groups.get(carrier) ?? []), node]);
  }
  const carriers = [...groups].map(([guid, served]) => carrierNeed(byGuid.get(guid), served));
  const rest = silent.filter((node) => carrierOf(node, byGuid) === node.guid && !groups.has(node.guid));
  return [...carriers, ...(rest.length === 0 ? [] : [restNeed(rest)])];
}

/** The silent node at the end of the chain of carriers; itself when nobody who is silent serves it, or where two serve each other. */
function carrierOf(node: Served, silent: ReadonlyMap<string, Served>): string {
  const next = node.carrier === null ? undefined : silent.get(node.carrier);
  if (!next) return node.guid;
  // Two that mostly meet each other: the one heard of less recently is taken for the cause.
  if (next.carrier === node.guid) return isBefore(node, next) ? node.guid : next.guid;
  return next.guid;
}

function isBefore(a: Served, b: Served): boolean {
  return a.heardAt === b.heardAt ? a.guid < b.guid : a.heardAt < b.heardAt;
}

function carrierNeed(carrier: SilentNode | undefined, served: readonly SilentNode[]): Need {
  const all = carrier ? [carrier, ...served] : served;
  const name = carrier?.name === '' ? carrier.guid : (carrier?.name ?? '');
  return {
    kind: 'silent-carrier',
    text: `${name} is silent, and with it ${counted(served.length, 'node')} that it serves most`,
    update: null,
    nodeCount: all.length,
    nodes: named(all),
    query: null,
    sinceAt: carrier?.heardAt ?? null,
  };
}

function restNeed(rest: readonly SilentNode[]): Need {
  const verb =
    rest.length === 1
      ? 'has been silent for much longer than its'
      : 'have been silent for much longer than their';
  return {
    kind: 'silent',
    text: `${counted(rest.length, 'node')} ${verb} rhythm`,
    update: null,
    nodeCount: rest.length,
    nodes: named(rest.toSorted((a, b) => a.heardAt - b.heardAt)),
    query: { ...everyNode, states: ['silent'] },
    sinceAt: Math.min(...rest.map(({ heardAt }) => heardAt)),
  };
}

function named(nodes: readonly SilentNode[]): NodeName[] {
  return nodes.slice(0, maxNames).map(({ guid, name }) => ({ guid, name }));
}
