/** What alerts ask of a fleet store. */
import { fleetQuestions } from '../questions/fleet-questions.ts';
import { coveredByCarriers, silentNodes } from '../questions/silent-needs.ts';
import { asFleetError } from '../store/fleet-error.ts';
import type { FleetStore } from '../store/open-store.ts';
import type { FindingSource } from './findings.ts';

export function storeSource(store: FleetStore): FindingSource {
  return {
    questions: fleetQuestions(store),
    silent: async (nowMs) => {
      try {
        const silent = await silentNodes(store.db, nowMs);
        const covered = coveredByCarriers(silent);
        return silent.map(({ guid, name, heardAt }) => ({
          guid,
          name,
          heardAt,
          isCovered: covered.has(guid),
        }));
      } catch (error) {
        throw asFleetError(store.where, error);
      }
    },
  };
}
