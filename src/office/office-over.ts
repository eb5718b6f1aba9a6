/** The office page over a fleet store: every part as it is in earnest. */
import { fleetChanges } from '../fleet/questions/changes.ts';
import { fleetQuestions } from '../fleet/questions/fleet-questions.ts';
import type { FleetStore } from '../fleet/store/open-store.ts';
import { Door } from './access/door.ts';
import { Sessions } from './access/sessions.ts';
import { accountsInStore } from './records/accounts-in-store.ts';
import { incidentsInStore } from './records/incidents-in-store.ts';
import type { OfficeSettings } from './settings.ts';
import type { Office } from './web/environment.ts';

export type Surroundings = Pick<Office, 'version' | 'logFolder' | 'tell' | 'testAlert'>;

export function officeOver(store: FleetStore, settings: OfficeSettings, surroundings: Surroundings): Office {
  const idleMs = settings.idleMinutes * 60_000;
  const absoluteMs = settings.sessionHours * 3_600_000;
  const accounts = accountsInStore(store, absoluteMs);
  return {
    settings,
    questions: fleetQuestions(store),
    changes: fleetChanges(store),
    accounts,
    sessions: new Sessions(accounts, { idleMs, absoluteMs }),
    door: new Door(accounts),
    incidents: incidentsInStore(store),
    searches: new Set(),
    clock: Date.now,
    ...surroundings,
  };
}
