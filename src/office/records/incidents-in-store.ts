/** Incidents, as the alerts keep them: the open ones first, then the newest. */
import type { FleetStore } from '../../fleet/store/open-store.ts';

export interface Incident {
  readonly kind: string;
  /** The node or update that it is about. */
  readonly subject: string;
  readonly text: string;
  /** When it began; `null`: not known. */
  readonly sinceAt: number | null;
  /** When it was noticed. */
  readonly openedAt: number;
  readonly closedAt: number | null;
  /** When people were told; `null`: not yet. */
  readonly toldAt: number | null;
  readonly count: number;
}

export interface Incidents {
  list(limit: number): Promise<readonly Incident[]>;
}

export function incidentsInStore(store: FleetStore): Incidents {
  return {
    async list(limit) {
      const rows = await store.ask((db) =>
        db
          .selectFrom('incidents')
          .selectAll()
          .orderBy((is) => is.case().when('closed_at', 'is', null).then(0).else(1).end())
          .orderBy('opened_at', 'desc')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ kind, subject, text, since_at, opened_at, closed_at, told_at, count }) => ({
        kind,
        subject,
        text,
        sinceAt: since_at,
        openedAt: opened_at,
        closedAt: closed_at,
        toldAt: told_at,
        count,
      }));
    },
  };
}
