/** All that can be asked of the fleet store. */
import type { FleetQuestions, InTurn } from '../facts/questions.ts';
import { asFleetError } from '../store/fleet-error.ts';
import type { FleetStore } from '../store/open-store.ts';
import { findNode } from './find-one.ts';
import { keyFor } from './key-for.ts';
import { needsOf } from './needs.ts';
import { nodeFacts } from './node.ts';
import { nodesHeard, nodesInTurn, nodesPage } from './nodes.ts';
import { freshnessOf, overviewOf } from './overview.ts';
import { roadsInTurn, roadsPage } from './roads.ts';
import { updateFacts } from './update.ts';
import { updatesPage } from './updates.ts';

/** Times are whole milliseconds; what is given with a fraction loses it. */
export function fleetQuestions({ db, where }: Pick<FleetStore, 'db' | 'where'>): FleetQuestions {
  const telling = async <T>(asked: Promise<T>): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      throw asFleetError(where, error);
    }
  };
  const tellingEach = async <T>(asked: Promise<InTurn<T>>): Promise<InTurn<T>> => {
    const { total, portions } = await telling(asked);
    return { total, portions: toldEach(portions, where) };
  };
  return {
    overview: (nowMs) => telling(overviewOf(db, Math.floor(nowMs))),
    freshness: (nowMs) => telling(freshnessOf(db, Math.floor(nowMs))),
    nodes: (query, nowMs) => telling(nodesPage(db, query, Math.floor(nowMs))),
    nodesInTurn: (query, nowMs) => tellingEach(nodesInTurn(db, query, Math.floor(nowMs))),
    nodesHeard: () => telling(nodesHeard(db)),
    node: (who, nowMs) => telling(nodeFacts(db, who, Math.floor(nowMs))),
    updates: (page) => telling(updatesPage(db, page)),
    update: (which, nowMs) => telling(updateFacts(db, which, Math.floor(nowMs))),
    roads: (query) => telling(roadsPage(db, query)),
    roadsInTurn: (query) => tellingEach(roadsInTurn(db, query)),
    needsPerson: (nowMs) => telling(needsOf(db, Math.floor(nowMs))),
    keyFor: (who, nowMs) => telling(findNode(db, who).then(({ guid }) => keyFor(db, guid, nowMs))),
  };
}

async function* toldEach<T>(portions: AsyncIterable<T>, where: string): AsyncGenerator<T> {
  try {
    yield* portions;
  } catch (error) {
    throw asFleetError(where, error);
  }
}
