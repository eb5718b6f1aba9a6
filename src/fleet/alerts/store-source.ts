/** What alerts ask of a fleet store. */
import { fleetQuestions } from '../questions/fleet-questions.ts';
import { asFleetError } from '../store/fleet-error.ts';
import type { FleetStore } from '../store/open-store.ts';
import type { FindingSource } from './findings.ts';
import { readHearing } from './read-hearing.ts';

export function storeSource(store: FleetStore): FindingSource {
  return {
    questions: fleetQuestions(store),
    hearing: async (nowMs) => {
      try {
        return await readHearing(store.db, nowMs);
      } catch (error) {
        throw asFleetError(store.where, error);
      }
    },
  };
}
