/** What every part of the page is handed: the office, and the request it is about. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { FleetChanges, FleetQuestions } from '../../fleet/facts/questions.ts';
import type { Accounts, User } from '../access/accounts.ts';
import type { Incidents } from '../records/incidents-in-store.ts';
import type { Door } from '../access/door.ts';
import type { Sessions } from '../access/sessions.ts';
import type { OfficeSettings } from '../settings.ts';

export interface Office {
  readonly settings: OfficeSettings;
  readonly questions: FleetQuestions;
  readonly changes: FleetChanges;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly door: Door;
  readonly incidents: Incidents;
  /** Tells everybody who is told of incidents; missing where nobody is. */
  readonly testAlert?: () => Promise<readonly AlertOutcome[]>;
  /** Searches of logs that are at work. */
  readonly searches: Set<{ readonly user: string }>;
  /** Where the readable logs of a node stand. @param guid of a known node */
  logFolder(guid: string): string;
  /** Of ferryman. */
  readonly version: string;
  /** Milliseconds since 1970. */
  clock(): number;
  tell(event: OfficeEvent): void;
}

/** What became of a test alert. */
export interface AlertOutcome {
  /** Who was to be told, without secrets. */
  readonly to: string;
  readonly problem?: string;
}

/** One line of the office's own log. */
export interface OfficeEvent {
  readonly level: 'error' | 'warning' | 'info' | 'debug';
  readonly requestId: string;
  readonly text: string;
}

export interface OfficeEnv {
  Bindings: { readonly incoming?: Pick<IncomingMessage, 'socket'> };
  Variables: {
    requestId: string;
    /** When the request came: the whole page is about this instant. */
    now: number;
    user: User | undefined;
    /** Of the session, or of the cookie that stands for one before the login; forms are bound to it. */
    token: string;
    /** The user came by HTTP Basic. */
    isScript: boolean;
  };
}

export type Visit = Context<OfficeEnv>;
