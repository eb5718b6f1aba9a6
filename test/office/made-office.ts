/** An office page over a made fleet, its users in memory; and what a browser does with it, without one. */
import type { Hono } from 'hono';
import { officeApp } from '../../src/office/app.ts';
import type { Accounts, Session, User } from '../../src/office/access/accounts.ts';
import { Door } from '../../src/office/access/door.ts';
import { Sessions } from '../../src/office/access/sessions.ts';
import type { OfficeSettings } from '../../src/office/settings.ts';
import type { Office, OfficeEnv, OfficeEvent } from '../../src/office/web/environment.ts';
import type { Incident } from '../../src/office/records/incidents-in-store.ts';
import { guidOf, hostile, madeFleet, now, type MadeFleet } from './made-fleet.ts';

export const password = 'four words are good';
/** Of {@link password}, with the least work: tests log in often. */
const quickHash = '$scrypt$ln=1,r=1,p=1$c2FsdHNhbHQ$HASH';

export const settings: OfficeSettings = {
  listen: '127.0.0.1:7824',
  address: '',
  forwarded: false,
  idleMinutes: 60,
  sessionHours: 12,
  probes: 'loopback',
};

export interface MadeOffice {
  readonly app: Hono<OfficeEnv>;
  readonly office: Office;
  readonly fleet: MadeFleet;
  readonly accounts: MadeAccounts;
  readonly events: OfficeEvent[];
  /** Moves the clock on. */
  wait(ms: number): void;
}

interface Making {
  readonly nodes?: number;
  readonly settings?: Partial<OfficeSettings>;
  readonly office?: Partial<Office>;
  readonly hash?: string;
}

export async function madeOffice({
  nodes = 12,
  settings: other = {},
  office: parts = {},
}: Making = {}): Promise<MadeOffice> {
  const accounts = new MadeAccounts();
  const hash = await quick(password);
  for (const [name, role] of [
    ['anna', 'operator'],
    ['ben', 'reader'],
  ] as const)
    await accounts.addUser({ name, role, passwordHash: hash, createdAt: now, lastLoginAt: null });
  const fleet = madeFleet(nodes);
  const events: OfficeEvent[] = [];
  let clock = now;
  const office: Office = {
    settings: { ...settings, ...other },
    questions: fleet,
    changes: fleet,
    accounts,
    sessions: new Sessions(accounts, { idleMs: 3_600_000, absoluteMs: 12 * 3_600_000 }),
    door: new Door(accounts, await quick('of nobody')),
    incidents: { list: async () => (nodes === 0 ? [] : madeIncidents()) },
    searches: new Set(),
    logFolder: (guid) => `/nonexistent/${guid}`,
    version: '0.1.0',
    clock: () => clock,
    tell: (event) => events.push(event),
    ...parts,
  };
  return { app: officeApp(office), office, fleet, accounts, events, wait: (ms) => void (clock += ms) };
}

/** One that lasts of each length, and one that is over. */
function madeIncidents(): Incident[] {
  const hour = 3_600_000;
  const known = {
    sinceAt: now - 50 * hour,
    openedAt: now - 49 * hour,
    closedAt: null,
    toldAt: now - 49 * hour,
  };
  return [
    {
      ...known,
      kind: 'late',
      subject: '',
      text: '61 of 800 nodes are late at once: look for what they share, a ferry, a gateway or a proxy',
      count: 61,
      sinceAt: null,
    },
    {
      ...known,
      kind: 'failed',
      subject: 'd',
      text: `update 12 "${hostile}" has failed`,
      count: 3,
      toldAt: null,
    },
    {
      ...known,
      kind: 'never-heard',
      subject: guidOf(3),
      text: `${guidOf(3)} has been known for long and was never heard: is it set up, and enrolled?`,
      count: 1,
    },
    {
      ...known,
      kind: 'store',
      subject: '',
      text: 'the fleet store does not answer',
      count: 0,
      closedAt: now - hour,
    },
  ];
}

async function quick(text: string): Promise<string> {
  const { scryptSync } = await import('node:crypto');
  const salt = Buffer.from('saltsalt');
  const key = scryptSync(text, salt, 32, { N: 2, r: 1, p: 1 }).toString('base64').replaceAll('=', '');
  return quickHash.replace('HASH', key);
}

export class MadeAccounts implements Accounts {
  readonly all = new Map<string, User>();
  readonly sessions = new Map<string, Session>();

  async user(name: string): Promise<User | undefined> {
    return this.all.get(name);
  }
  async users(): Promise<User[]> {
    return [...this.all.values()];
  }
  async addUser(user: User): Promise<boolean> {
    if (this.all.has(user.name)) return false;
    this.all.set(user.name, user);
    return true;
  }
  async removeUser(name: string): Promise<boolean> {
    this.#end(name);
    return this.all.delete(name);
  }
  async setPassword(name: string, passwordHash: string): Promise<boolean> {
    const user = this.all.get(name);
    if (user) this.all.set(name, { ...user, passwordHash });
    this.#end(name);
    return user !== undefined;
  }
  async openSession(session: Session, passwordHash: string): Promise<boolean> {
    const user = this.all.get(session.user);
    if (user?.passwordHash !== passwordHash) return false;
    this.all.set(user.name, { ...user, lastLoginAt: session.createdAt });
    this.sessions.set(session.tokenHash, session);
    return true;
  }
  async session(tokenHash: string): Promise<Session | undefined> {
    return this.sessions.get(tokenHash);
  }
  async seen(tokenHash: string, at: number): Promise<void> {
    const session = this.sessions.get(tokenHash);
    if (session) this.sessions.set(tokenHash, { ...session, lastSeenAt: at });
  }
  async closeSession(tokenHash: string): Promise<void> {
    this.sessions.delete(tokenHash);
  }
  async sweepSessions(): Promise<void> {}
  #end(name: string): void {
    for (const [hash, { user }] of this.sessions) if (user === name) this.sessions.delete(hash);
  }
}

const host = '127.0.0.1:7824';

/** One browser: it keeps cookies, and says where its forms stand. */
export class Visitor {
  readonly #app: Hono<OfficeEnv>;
  readonly #remoteAddress: string;
  cookie = '';

  constructor({ app }: Pick<MadeOffice, 'app'>, remoteAddress = '127.0.0.1') {
    this.#app = app;
    this.#remoteAddress = remoteAddress;
  }

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('host')) headers.set('host', host);
    if (this.cookie !== '' && !headers.has('cookie')) headers.set('cookie', this.cookie);
    const env = { incoming: { socket: { remoteAddress: this.#remoteAddress } } } as OfficeEnv['Bindings'];
    const response = await this.#app.request(path, { ...init, headers }, env);
    const given = response.headers.get('set-cookie');
    if (given !== null) this.cookie = given.split(';', 1)[0] ?? '';
    return response;
  }

  async text(path: string): Promise<string> {
    return (await this.ask(path)).text();
  }

  /** Sends a form as a page of ours would. */
  async send(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.ask(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: `http://${host}`,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    });
  }

  /** The token of the forms on a page. */
  async formToken(path: string): Promise<string> {
    return /name="form" value="([^"]+)"/.exec(await this.text(path))?.[1] ?? '';
  }

  async logIn(name = 'anna', word = password): Promise<Response> {
    const form = await this.formToken('/login');
    return this.send('/login', { form, name, password: word, to: '/' });
  }
}
