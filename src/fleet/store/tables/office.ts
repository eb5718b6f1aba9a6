/** Tables of incidents, alerts and users; how times and lists are kept: `schema.ts`. */
import type { Generated } from 'kysely';

export interface IncidentTable {
  id: Generated<number>;
  kind: string;
  subject: string;
  text: string;
  /** When it began; `null`: not known. */
  since_at: number | null;
  /** When it was noticed. */
  opened_at: number;
  closed_at: number | null;
  told_at: number | null;
  closed_told_at: number | null;
  count: Generated<number>;
}

/** What one road for alerts has been told. */
export interface IncidentTellingTable {
  incident: number;
  /** Name of the road. */
  lane: string;
  opening_told_at: number | null;
  closing_told_at: number | null;
}

/** How it stands with a road for alerts. */
export interface AlertLaneTable {
  name: string;
  /** What was over before it was configured is not its business. */
  since_at: number;
  last_told_at: number | null;
  /** In a row. */
  failures: Generated<number>;
  problem: Generated<string>;
  /** It is left alone until then. */
  retry_at: number | null;
}

/** What one of several machines does, until then. */
export interface LeaseTable {
  name: string;
  holder: string;
  until_at: number;
}

export interface UserTable {
  name: string;
  role: string;
  password_hash: string;
  created_at: number;
  changed_at: number;
  last_login_at: number | null;
}

export interface SessionTable {
  token_hash: string;
  user: string;
  created_at: number;
  seen_at: number;
  expires_at: number;
}
